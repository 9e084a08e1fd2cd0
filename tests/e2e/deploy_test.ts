/**
 * What `deploy/` ships, each by the tool it is for: the units by systemd's own
 * check and under their capabilities, the logrotate snippet under load, the
 * configurations by `procmgr -t`. A tool that is not here is skipped aloud.
 */

// deno-lint-ignore-file no-console -- what is skipped is said

import { assert, assertEquals, assertMatch } from "@std/assert";
import { IS_ROOT, type Scene, scene } from "../support/harness.ts";
import { assertNothingLost, Load } from "../support/load.ts";
import { readText } from "../support/log.ts";
import { programCommand } from "../support/program.ts";
import { until } from "../support/until.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url).pathname;

function shipped(name: string): string {
  return Deno.readTextFileSync(`${DEPLOY}${name}`);
}

/** Whether it is on PATH, or where the system's own tools are. */
function has(tool: string): boolean {
  const folders = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`.split(":");
  const found = folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${tool}`).isFile;
    } catch {
      return false;
    }
  });
  if (!found) console.log(`skipped: ${tool} is not installed`);
  return found;
}

async function run(
  command: readonly string[],
): Promise<{ readonly code: number; readonly text: string }> {
  const [file = "", ...args] = command;
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`;
  const output = await new Deno.Command(file, { args, env: { PATH: path } })
    .output();
  const decoder = new TextDecoder();
  const text = decoder.decode(output.stdout) + decoder.decode(output.stderr);
  return { code: output.code, text };
}

/** The value of a directive of the unit; of several the sum, as systemd's. */
function unitValue(name: string): string {
  const lines = shipped("procmgr.service").split("\n");
  return lines.filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1)).join(" ");
}

Deno.test({
  name: "systemd takes the units",
  ignore: !has("systemd-analyze"),
  fn: scene(async (scene) => {
    const said = (await run(["systemd-analyze", "--version"])).text;
    const version = Number(/systemd (\d+)/.exec(said)?.[1]);
    // What it executes must be there.
    const unit = shipped("procmgr.service")
      .replaceAll("/usr/bin/procmgr", "/usr/bin/true");
    const path = scene.write("procmgr.service", unit);
    const socket = scene.write("procmgr.socket", shipped("procmgr.socket"));
    if (version < 253) {
      Deno.mkdirSync(`${path}.d`);
      const dropIn = shipped("before-253.conf")
        .replaceAll("/usr/bin/procmgr", "/usr/bin/true");
      scene.write("procmgr.service.d/before-253.conf", dropIn);
    }
    const { code, text } = await run([
      ...["systemd-analyze", "verify", "--man=no", path, socket],
    ]);
    const complaints = text.split("\n").filter((line) =>
      line.includes("procmgr") &&
      !(version < 253 && line.includes("ignoring: notify-reload"))
    );
    assertEquals(complaints, [], text);
    assertEquals(code, 0, text);
  }),
});

Deno.test({
  name: "a master with the unit's capabilities alone gives workers their user",
  ignore: !IS_ROOT || !has("setpriv"),
  fn: scene(async (scene) => {
    const kept = unitValue("CapabilityBoundingSet").split(" ")
      .map((name) => `+${name.replace("CAP_", "").toLowerCase()}`);
    assert(kept.length > 5);
    const set = ["-all", ...kept].join(",");
    scene.configure({ user: "nobody", worker_processes: 1 });
    const master = scene.spawn({
      prefix: ["setpriv", "--no-new-privs", `--bounding-set=${set}`],
    });
    await master.ready();
    const [worker] = master.workers();
    const status = readText(`/proc/${worker}/status`);
    assertMatch(status, /^Uid:\s65534\s65534\s65534\s65534$/m);
    assertMatch(status, /^NoNewPrivs:\s1$/m);
    await master.reload();
    assertEquals((await master.request()).status, 200);
  }),
});

Deno.test({
  name: "logrotate under load loses no line",
  ignore: !has("logrotate"),
  fn: scene(async (scene) => {
    const master = await scene.start({
      access_log: { path: "access.log", format: "$request_uri" },
    });
    const snippet = shipped("logrotate")
      .replaceAll("/var/log/procmgr", scene.folder)
      .replaceAll("/run/procmgr", scene.folder)
      .replaceAll("/etc/procmgr", scene.folder)
      .replaceAll("/usr/bin/procmgr", programCommand().join(" "))
      .replace("daily", "daily\n\tsize 1\n\tsu root root");
    const config = scene.write("logrotate.conf", asUser(snippet));
    Deno.chmodSync(config, 0o644);
    const state = scene.path("logrotate.state");
    await using load = await Load.start({
      port: master.port(),
      mode: "keepalive",
    });
    for (let times = 0; times < 3; times++) {
      // An empty one is left alone.
      await until(() => readText(scene.path("access.log")) !== "", {
        what: "lines of the access log",
      });
      const { code, text } = await run([
        ...["logrotate", "--force", "--state", state, config],
      ]);
      assertEquals(code, 0, text);
    }
    const report = await load.stop();
    assertNothingLost(report);
    await master.stop("SIGQUIT");
    const lines = await linesOf(scene);
    assertEquals(lines.count, report.answered);
    assertEquals(lines.files, 4);
  }),
});

/** Without root logrotate needs nobody's permission to be itself. */
function asUser(snippet: string): string {
  return IS_ROOT ? snippet : snippet.replace(/\tsu root root\n/, "");
}

/** The lines of all access logs, unpacked, and how many files they are in. */
async function linesOf(
  scene: Scene,
): Promise<{ readonly count: number; readonly files: number }> {
  let count = 0;
  let files = 0;
  for (const { name } of Deno.readDirSync(scene.folder)) {
    if (!name.startsWith("access.log")) continue;
    files++;
    const packed = Deno.readFileSync(scene.path(name));
    const stream = new Blob([packed]).stream();
    const text = name.endsWith(".gz")
      ? await new Response(
        stream.pipeThrough(new DecompressionStream("gzip")),
      ).text()
      : await new Response(stream).text();
    count += text.split("\n").length - 1;
  }
  return { count, files };
}

Deno.test(
  "the configurations that are shipped are right, and outlive a drain",
  scene(async (scene) => {
    const manifest = shipped("kubernetes.yaml");
    const inManifest = /procmgr\.jsonc: \|\n((?: {4}.*\n)+)/.exec(manifest);
    const texts = {
      unit: shipped("procmgr.jsonc"),
      container: shipped("container.jsonc"),
      manifest: inManifest?.[1] ?? "",
    };
    for (const [name, text] of Object.entries(texts)) {
      const here = text
        .replace(/"(?:\/run\/procmgr|\/tmp)\//, `"${scene.folder}/`)
        .replaceAll("/var/log/procmgr", scene.folder)
        .replaceAll("/usr/share/procmgr/html", scene.folder)
        .replaceAll("/srv/app", scene.folder)
        .replace(/"user": .*/, "");
      scene.write(`${name}.jsonc`, here);
      const tested = await scene.run("-t", "-c", scene.path(`${name}.jsonc`));
      assertEquals(tested.code, 0, tested.stderr);
      assertMatch(text, /"worker_shutdown_timeout": "30s"/);
    }
    // Five seconds of preStop, thirty of drain, five of the terminate ladder.
    assertEquals(/PeriodSeconds: (\d+)\n/.exec(manifest)?.[1], "40");
    assertMatch(manifest, /command: \["sleep", "5"\]/);
    assertEquals(unitValue("TimeoutStopSec"), "40");
    assertEquals(unitValue("KillSignal"), "SIGQUIT");
    assertMatch(shipped("Dockerfile"), /^STOPSIGNAL SIGQUIT$/m);
  }),
);

/** Word by word, what bash offers for a command line. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const script = `source ${DEPLOY}completions/procmgr.bash
    COMP_WORDS=(procmgr ${words.map((word) => `'${word}'`).join(" ")})
    COMP_CWORD=${words.length}
    _procmgr; printf '%s\n' "\${COMPREPLY[@]}"`;
  const { code, text } = await run(["bash", "-c", script]);
  assertEquals(code, 0, text);
  return text.trim().split("\n");
}

Deno.test("the shells take the completions", async () => {
  assertEquals(await offered("--si"), ["--signal"]);
  assertEquals(await offered("-s", "re"), ["reload", "reopen"]);
  assertEquals(await offered("-p", "/et"), ["/etc"]);
  assertEquals(await offered("-g", ""), [""]);
  for (const [shell, name] of [["zsh", "_procmgr"], ["fish", "procmgr.fish"]]) {
    if (!has(shell ?? "")) continue;
    const checked = await run([
      shell ?? "",
      "-n",
      `${DEPLOY}completions/${name}`,
    ]);
    assertEquals(checked, { code: 0, text: "" });
  }
});

Deno.test({
  name: "groff takes the manual pages without a warning",
  ignore: !has("groff"),
  fn: async () => {
    for (const name of ["procmgr.8", "procmgr.jsonc.5"]) {
      const path = `${DEPLOY}man/${name}`;
      const command = ["groff", "-man", "-Tutf8", "-ww", "-z", path];
      assertEquals(await run(command), { code: 0, text: "" });
    }
  },
});
