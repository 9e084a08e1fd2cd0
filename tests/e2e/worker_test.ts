/** A worker besides serving: its start, orders, signals, its master's end. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { toBytes, toMilliseconds } from "../../src/base/unit.ts";
import { toGid, toUid } from "../../src/base/id.ts";
import { RawClient } from "../support/raw_client.ts";
import { WorkerProcess } from "../support/worker_process.ts";
import { until } from "../support/until.ts";

const DONE = { kind: "code", code: 0 } as const;
const FATAL = { kind: "code", code: 2 } as const;
const IS_ROOT = Deno.uid() === 0;
const NOBODY = { name: "nobody", uid: toUid(65_534), gid: toGid(65_534) };

type Options = Parameters<typeof WorkerProcess.start>[0];

function start(options: Partial<Options> = {}): Promise<WorkerProcess> {
  return WorkerProcess.start({ app: "worker_app.ts", ...options });
}

async function textOf(worker: WorkerProcess, path: string): Promise<string> {
  return await (await fetch(worker.url + path)).text();
}

/** A value of /proc/PID/status. */
function statusOf(worker: WorkerProcess, name: string): string {
  const text = Deno.readTextFileSync(`/proc/${worker.pid}/status`);
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
}

Deno.test("terminate ends a worker at once, whatever it does", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  await textOf(worker, "/");
  const toldAt = performance.now();
  worker.send({ kind: "terminate" });
  assertEquals(await worker.exited, DONE);
  assert(performance.now() - toldAt < 500);
  assertMatch(worker.log, /\[notice\] \d+#0: exiting\n.*: exit\n$/);
  assert(!/shutdown|alert/.test(worker.log), worker.log);
});

for (const [name, signo] of [["SIGTERM", 15], ["SIGINT", 2]] as const) {
  Deno.test(`${name} to a worker itself terminates it`, async () => {
    await using worker = await start();
    worker.kill(name);
    assertEquals(await worker.exited, DONE);
    const line = `signal ${signo} (${name}) received, exiting`;
    assert(worker.log.includes(line), worker.log);
  });
}

Deno.test("SIGQUIT to a worker itself drains it and tells the master", async () => {
  await using worker = await start();
  worker.kill("SIGQUIT");
  assertEquals(await worker.exited, DONE);
  assertEquals(worker.messages, [{ kind: "ready" }, { kind: "draining" }]);
  assert(worker.log.includes("signal 3 (SIGQUIT) received, shutting down"));
  assert(worker.log.includes("gracefully shutting down"));
});

Deno.test("HUP, USR2 and WINCH do nothing to a worker", async () => {
  await using worker = await start();
  for (const name of ["SIGHUP", "SIGUSR2", "SIGWINCH"] as const) {
    worker.kill(name);
  }
  await worker.expectLog(/signal 1 \(SIGHUP\) received, ignoring/);
  await worker.expectLog(/signal 12 \(SIGUSR2\) received, ignoring/);
  assertEquals(await textOf(worker, "/"), "Hello World\n");
});

Deno.test("reopen goes on in a new file and says so in the old", async () => {
  await using worker = await start();
  const old = `${worker.logPath}.1`;
  Deno.renameSync(worker.logPath, old);
  worker.send({ kind: "reopen" });
  await worker.expectMessage("reopened");
  await textOf(worker, "/log");
  await worker.expectLog(/a line/);
  assert(!worker.log.includes("reopening logs"));
  assertMatch(
    Deno.readTextFileSync(old),
    /\[notice\] \d+#0: reopening logs\n$/,
  );
});

for (const blocksUsr1 of [false, true]) {
  const how = blocksUsr1 ? "blocked" : "free";
  Deno.test(`SIGUSR1 (${how}) to a worker itself reopens`, async () => {
    await using worker = await start({ blocksUsr1 });
    for (const suffix of [".1", ".2"]) {
      Deno.renameSync(worker.logPath, worker.logPath + suffix);
      worker.kill("SIGUSR1");
      await until(() => existsAt(worker.logPath), { what: "a new log" });
      const old = Deno.readTextFileSync(worker.logPath + suffix);
      assert(old.includes("signal 10 (SIGUSR1) received, reopening logs"));
    }
    if (blocksUsr1) assertEquals(worker.stderr, "");
    assertEquals(worker.messages, [{ kind: "ready" }]);
    worker.quit();
    assertEquals(await worker.exited, DONE);
  });
}

function existsAt(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

Deno.test("a reopen that fails keeps the old file", async () => {
  await using worker = await start();
  const old = `${worker.logPath}.1`;
  Deno.renameSync(worker.logPath, old);
  Deno.mkdirSync(worker.logPath);
  worker.send({ kind: "reopen" });
  await worker.expectMessage("reopened");
  const text = Deno.readTextFileSync(old);
  assertMatch(
    text,
    /\[emerg\].* open\(\) ".*error\.log" failed \(21: Is a dir/,
  );
});

Deno.test("a worker whose master is gone drains and leaves", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send("GET /slow?ms=300 HTTP/1.1\r\nHost: a\r\n\r\n");
  await textOf(worker, "/");
  worker.abandon();
  assertEquals((await client.response()).body, "slow but whole");
  assertEquals(await worker.exited, DONE);
  assertMatch(worker.log, /\[error\].*: master process is gone, shutting down/);
  assertMatch(worker.log, /gracefully shutting down/);
});

Deno.test("a worker never outlives its master by more than the timeout", async () => {
  await using worker = await start({
    config: { shutdownTimeoutMs: toMilliseconds(400) },
  });
  using client = await RawClient.connect(worker.port);
  await client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  await textOf(worker, "/");
  const lostAt = performance.now();
  worker.abandon();
  assertEquals(await worker.exited, DONE);
  assert(performance.now() - lostAt < 1500);
});

Deno.test("a worker whose master dies before init leaves, too", async () => {
  await using worker = new WorkerProcess({
    app: "worker_app.ts",
    silent: true,
  });
  worker.abandon();
  assertEquals(await worker.exited, DONE);
  assertMatch(worker.stderr, /^procmgr: \[error\] master process is gone/);
});

Deno.test("garbage on the channel is ignored, aloud", async () => {
  await using worker = await start();
  for (const garbage of ["text", 7, [], {}, { kind: "rm -rf" }]) {
    worker.send(garbage as object);
  }
  await worker.expectLog(/\[error\].* ignored: {"kind":"rm -rf"}/);
  const lines = worker.log.match(/not a message of the master/g);
  assertEquals(lines?.length, 5);
  assertEquals(await textOf(worker, "/"), "Hello World\n");
});

Deno.test("a worker without a channel says how it is started", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--quiet",
      new URL("../fixture/worker_main.ts", import.meta.url).pathname,
    ],
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stderr } = await command.output();
  assertEquals(code, 2);
  assertMatch(
    new TextDecoder().decode(stderr),
    /\[emerg\] a worker is started/,
  );
});

Deno.test("clear_env leaves TZ and what env names", async () => {
  await using worker = await start({
    env: { KEPT: "passed on", DROPPED: "secret", TZ: "UTC" },
    config: { clearEnv: true, env: { KEPT: null, NEW: "1", MISSING: null } },
  });
  const env = JSON.parse(await textOf(worker, "/env"));
  assertEquals(env, { KEPT: "passed on", NEW: "1", TZ: "UTC" });
});

Deno.test("env adds to the environment and replaces in it", async () => {
  await using worker = await start({
    env: { KEPT: "as it was", CHANGED: "old" },
    config: { env: { CHANGED: "new" } },
  });
  const env = JSON.parse(await textOf(worker, "/env"));
  assertEquals([env.KEPT, env.CHANGED], ["as it was", "new"]);
});

Deno.test("the title names a pool, unless it is the only one", async () => {
  await using plain = await start();
  await using named = await start({ init: { pool: "web" } });
  const title = (pid: number): string =>
    Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", "").trim();
  assertEquals(title(plain.pid), "procmgr: worker process");
  assertEquals(title(named.pid), "procmgr: worker process web");
});

Deno.test("what the app executes does not inherit the master's sockets", async () => {
  await using worker = await start();
  const flags = (fd: number): number => {
    const info = Deno.readTextFileSync(`/proc/${worker.pid}/fdinfo/${fd}`);
    return parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? "0", 8);
  };
  for (const fd of [3, worker.listener]) {
    assert((flags(fd) & 0o2000000) !== 0, `fd ${fd} is not close-on-exec`);
  }
});

Deno.test("limits, priority and folder are as configured", async () => {
  await using worker = await start({
    config: {
      priority: 5,
      cpus: [0],
      rlimitNofile: 777,
      rlimitCoreBytes: toBytes(0),
      workingDirectory: "/tmp",
    },
  });
  assertEquals(await textOf(worker, "/cwd"), "/tmp");
  const limits = Deno.readTextFileSync(`/proc/${worker.pid}/limits`);
  assertMatch(limits, /Max open files\s+777\s+777/);
  assertEquals(statusOf(worker, "Cpus_allowed_list"), "0");
  for (const { name } of Deno.readDirSync(`/proc/${worker.pid}/task`)) {
    const stat = Deno.readTextFileSync(
      `/proc/${worker.pid}/task/${name}/stat`,
    );
    assertEquals(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16], "5");
  }
});

Deno.test({
  name: "a worker becomes its user, with a log only root could open",
  ignore: !IS_ROOT,
  async fn(): Promise<void> {
    await using worker = await start({ config: { user: NOBODY } });
    assertEquals(statusOf(worker, "Uid"), "65534\t65534\t65534\t65534");
    assertEquals(statusOf(worker, "Gid"), "65534\t65534\t65534\t65534");
    await textOf(worker, "/log");
    await worker.expectLog(/a line/);
  },
});

/** One failing step of the initialisation each, and the line it must log. */
const FAILING: readonly (readonly [string, Options["config"], RegExp])[] = [
  [
    "chdir",
    { workingDirectory: "/nowhere" },
    /chdir\("\/nowhere"\) failed \(2: No such file or directory\)$/m,
  ],
  [
    "affinity",
    { cpus: [1023] },
    /sched_setaffinity\(\) failed \(22: Invalid argument\)$/m,
  ],
  [
    "user",
    { user: { ...NOBODY, uid: toUid(0xffff_ffff) } },
    /setuid\(4294967295\) failed \(22: Invalid argument\)$/m,
  ],
];

for (const [name, config, line] of FAILING) {
  Deno.test(`a worker whose ${name} cannot be set exits with 2`, async () => {
    await using worker = new WorkerProcess({
      app: "worker_app.ts",
      ...(config === undefined ? {} : { config }),
    });
    assertEquals(await worker.exited, FATAL);
    assertMatch(worker.log, /^\S+ \S+ \[emerg\] \d+#0: /);
    assertMatch(worker.log, line);
    assertEquals(worker.messages, [{ kind: "failed", reason: worker.reason }]);
  });
}

Deno.test("a worker whose log cannot be opened exits with 2", async () => {
  const errorLog = { path: "/nowhere/e.log", level: "info", format: "text" };
  await using worker = new WorkerProcess({
    app: "worker_app.ts",
    config: { errorLog } as Options["config"] & object,
  });
  assertEquals(await worker.exited, FATAL);
  assertEquals(
    worker.stderr,
    'procmgr: [emerg] open() "/nowhere/e.log" failed ' +
      "(2: No such file or directory)\n",
  );
});

Deno.test({
  name: "a worker that may not become its user exits with 2",
  ignore: !IS_ROOT,
  async fn(): Promise<void> {
    const folder = Deno.makeTempDirSync();
    Deno.chmodSync(folder, 0o777);
    try {
      // As a user already, it cannot become root.
      await using worker = new WorkerProcess({
        app: "worker_app.ts",
        folder,
        config: { user: { name: "root", uid: toUid(0), gid: toGid(0) } },
        runAs: NOBODY,
      });
      assertEquals(await worker.exited, FATAL);
      assertMatch(worker.log, /\[emerg\].*(setgid|initgroups)\(.*failed \(1: /);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test("a full disk sends the log's lines to stderr", async () => {
  const errorLog = { path: "/dev/full", level: "notice", format: "text" };
  await using worker = await start({
    config: { errorLog } as Options["config"] & object,
  });
  assertEquals(await textOf(worker, "/"), "Hello World\n");
  worker.quit();
  assertEquals(await worker.exited, DONE);
  assertMatch(
    worker.stderr,
    /^\S+ \S+ \[notice\] \d+#0: gracefully shutting down\n.*exit\n$/s,
  );
});
