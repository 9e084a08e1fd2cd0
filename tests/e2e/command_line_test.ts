/** The command line: exit codes, and what goes to which stream. */

import { assertEquals, assertMatch } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import { fixturePath } from "../support/config.ts";

Deno.test(
  "-h prints the help on stdout",
  scene(async (scene) => {
    for (const flag of ["-h", "-?", "--help"]) {
      const { code, stdout, stderr } = await scene.run(flag);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /^Usage: procmgr .*\n/);
      assertMatch(stdout, /-s, --signal signal/);
    }
  }),
);

Deno.test(
  "-v and -V print the version on stderr",
  scene(async (scene) => {
    const short = await scene.run("-v");
    assertEquals([short.code, short.stdout], [0, ""]);
    assertMatch(short.stderr, /^procmgr version: procmgr\/\d+\.\d+\.\d+\n$/);
    const long = await scene.run("-V");
    assertEquals([long.code, long.stdout], [0, ""]);
    assertMatch(long.stderr, /deno \d/);
  }),
);

for (
  const [args, message] of [
    [["-x"], 'invalid option: "-x"'],
    [["--nothing"], 'invalid option: "--nothing"'],
    [["-s"], 'option "-s" requires parameter'],
    [["-s", "explode"], 'invalid option: "-s explode"'],
    [["-c"], 'option "-c" requires file name'],
    [["a.ts", "b.ts"], 'invalid option: "b.ts"'],
    [["--wait"], 'option "--wait" requires "--signal"'],
  ] as const
) {
  Deno.test(
    `${args.join(" ")} is a usage error`,
    scene(async (scene) => {
      const { code, stdout, stderr } = await scene.run(...args);
      assertEquals([code, stdout], [100, ""]);
      assertEquals(stderr, `procmgr: ${message}\n`);
    }),
  );
}

Deno.test(
  "-t of a good configuration says so on stderr, and starts nothing",
  scene(async (scene) => {
    scene.configure();
    const file = scene.path("procmgr.jsonc");
    const { code, stdout, stderr } = await scene.run("-p", scene.folder, "-t");
    assertEquals([code, stdout], [0, ""]);
    assertEquals(
      stderr,
      `procmgr: the configuration file ${file} syntax is ok\n` +
        `procmgr: configuration file ${file} test is successful\n`,
    );
    assertEquals(namesIn(scene), ["procmgr.jsonc"]);
  }),
);

Deno.test(
  "-t -q says nothing when all is well",
  scene(async (scene) => {
    scene.configure();
    const outcome = await scene.run("-p", scene.folder, "-tq");
    assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
  }),
);

Deno.test(
  "-t of a bad configuration says each error and exits with 1",
  scene(async (scene) => {
    scene.write("procmgr.jsonc", '{ "worker_processes": "many",\n "x": 1 }\n');
    for (const flags of ["-t", "-tq"]) {
      const { code, stdout, stderr } = await scene.run(
        "-p",
        scene.folder,
        flags,
      );
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /\[emerg\] .*procmgr\.jsonc:1:3: worker_processes: /);
      assertMatch(stderr, /\[emerg\] .*procmgr\.jsonc:2:2: .*"x"/);
      assertMatch(stderr, /configuration.* test failed\n$/);
    }
  }),
);

Deno.test(
  "-T prints the configuration on stdout",
  scene(async (scene) => {
    scene.configure();
    const file = scene.path("procmgr.jsonc");
    const { code, stdout } = await scene.run("-p", scene.folder, "-T");
    assertEquals(code, 0);
    assertEquals(
      stdout,
      `# configuration file ${file}:\n${Deno.readTextFileSync(file)}\n`,
    );
  }),
);

Deno.test(
  "-c names another file, -p the folder for what is relative",
  scene(async (scene) => {
    scene.configure({ pid: "run/it.pid" });
    Deno.mkdirSync(scene.path("run"));
    Deno.renameSync(scene.path("procmgr.jsonc"), scene.path("other.jsonc"));
    const master = scene.spawn({ args: ["-c", "other.jsonc"] });
    await master.ready();
    assertEquals(
      Deno.readTextFileSync(scene.path("run/it.pid")),
      `${master.pid}\n`,
    );
  }),
);

Deno.test(
  "-c of a file that is missing says which",
  scene(async (scene) => {
    const { code, stderr } = await scene.run("-c", "missing.jsonc");
    assertEquals(code, 1);
    assertMatch(stderr, /^procmgr: \[emerg\] open\(\) ".*\/missing\.jsonc" /);
  }),
);

Deno.test(
  "-g sets directives over the file's",
  scene(async (scene) => {
    scene.configure({ worker_processes: 3, pid: undefined });
    const master = scene.spawn({
      args: ["-p", scene.folder, "-g", "pid given.pid;"],
    });
    await master.ready();
    assertEquals(
      Deno.readTextFileSync(scene.path("given.pid")),
      `${master.pid}\n`,
    );
  }),
);

Deno.test(
  "-e says where errors go until and unless the file says it",
  scene(async (scene) => {
    const master = scene.spawn({
      args: [
        fixturePath("hello.ts"),
        "-e",
        "given.log",
        "-g",
        "listen 127.0.0.1:0; worker_processes 1;",
      ],
      logs: ["given.log"],
    });
    await master.ready();
    assertMatch(
      Deno.readTextFileSync(scene.path("given.log")),
      /generation 1 is ready/,
    );
    assertEquals(Deno.readTextFileSync(scene.path("master_1.stderr")), "");
  }),
);

Deno.test(
  "without error_log the log goes to stderr",
  scene(async (scene) => {
    scene.configure({ error_log: undefined });
    const master = scene.spawn({ logs: [] });
    await master.ready();
    assertMatch(
      Deno.readTextFileSync(scene.path("master_1.stderr")),
      /generation 1 is ready/,
    );
    assertEquals(Deno.readTextFileSync(scene.path("master_1.stdout")), "");
  }),
);

Deno.test(
  "error_log in JSON is one object per line",
  scene(async (scene) => {
    const master = await scene.start({
      error_log: { path: "error.log", level: "info", format: "json" },
    });
    await master.reload();
    await master.settled(2);
    const lines = Deno.readTextFileSync(scene.path("error.log")).trimEnd();
    for (const line of lines.split("\n")) {
      const { time, level, pid, text } = JSON.parse(line);
      assertMatch(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assertEquals(
        [typeof level, typeof pid, typeof text],
        ["string", "number", "string"],
      );
    }
  }),
);

for (const [name, line] of [["stop", 15], ["quit", 3]] as const) {
  Deno.test(
    `-s ${name} ends a running master`,
    scene(async (scene) => {
      const master = await scene.start();
      const outcome = await master.command("-s", name);
      assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
      assertEquals(await master.ended(), { kind: "code", code: 0 });
      assertMatch(master.log.text, new RegExp(`signal ${line} `));
    }),
  );
}

Deno.test(
  "-s reload and -s reopen return at once",
  scene(async (scene) => {
    const master = await scene.start();
    for (const name of ["reload", "reopen"]) {
      const outcome = await master.command("-s", name);
      assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
    }
    await master.ready(2);
    await master.log.expect(/signal 10 \(SIGUSR1\) received, reopening logs/);
    await master.settled(2);
  }),
);

Deno.test(
  "--signal stop --wait ends a running master",
  scene(async (scene) => {
    const master = await scene.start();
    const { code } = await master.command("--signal=stop", "--wait");
    assertEquals(code, 0);
    assertEquals(await master.ended(), { kind: "code", code: 0 });
  }),
);

Deno.test(
  "a worker cannot be started by hand",
  scene(async (scene) => {
    const { code, stderr } = await scene.run("--role=worker");
    assertEquals(code, 2);
    assertMatch(stderr, /started by the master, not by hand/);
  }),
);

function namesIn(scene: Scene): string[] {
  return [...Deno.readDirSync(scene.folder)].map(({ name }) => name).sort();
}
