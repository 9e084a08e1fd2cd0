/** What a worker is, as the kernel sees it, against what was configured. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { IS_ROOT, type Scene, scene } from "../support/harness.ts";
import {
  cwdOf,
  environOf,
  limitOf,
  statusOf,
  threadNicesOf,
  threadStatusesOf,
} from "../support/proc.ts";

/** An app everybody may read, that tells its environment. */
function writeApp(scene: Scene): string {
  return scene.write(
    "app.ts",
    "export default { fetch: () => Response.json(Deno.env.toObject()) };\n",
  );
}

Deno.test({
  name: "user and group: every id of every thread, and no other groups",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    Deno.chmodSync(scene.folder, 0o777);
    const [uid, gid] = [idOf("passwd", "nobody"), idOf("group", "daemon")];
    const master = await scene.start({
      app: writeApp(scene),
      user: "nobody",
      group: "daemon",
    });
    for (const pid of master.workers()) {
      assertEquals(threadStatusesOf(pid, "Uid"), [
        `${uid}\t${uid}\t${uid}\t${uid}`,
      ]);
      assertEquals(threadStatusesOf(pid, "Gid"), [
        `${gid}\t${gid}\t${gid}\t${gid}`,
      ]);
      assertEquals(statusOf(pid, "Groups"), String(gid));
      assertEquals(BigInt(`0x${statusOf(pid, "CapEff")}`), 0n);
    }
    assertMatch(statusOf(master.pid, "Uid") ?? "", /^0\t/);
    assertEquals((await master.request()).status, 200);
  }),
});

Deno.test({
  name: "worker_priority: every thread has the nice value",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    const master = await scene.start({ worker_priority: -3 });
    for (const pid of master.workers()) {
      assertEquals(threadNicesOf(pid), [-3]);
    }
    assertEquals(threadNicesOf(master.pid), [0]);
  }),
});

Deno.test({
  name: "worker_cpu_affinity: every thread of each worker has its own mask",
  ignore: navigator.hardwareConcurrency < 2,
  fn: scene(async (scene) => {
    const master = await scene.start({ worker_cpu_affinity: "01 10" });
    const [first = 0, second = 0] = master.workers();
    assertEquals(threadStatusesOf(first, "Cpus_allowed_list"), ["0"]);
    assertEquals(threadStatusesOf(second, "Cpus_allowed_list"), ["1"]);
  }),
});

Deno.test(
  "worker_rlimit_nofile and worker_rlimit_core",
  scene(async (scene) => {
    const master = await scene.start({
      worker_rlimit_nofile: 777,
      worker_rlimit_core: "1m",
    });
    for (const pid of master.workers()) {
      assertEquals(limitOf(pid, "Max open files"), ["777", "777"]);
      assertEquals(limitOf(pid, "Max core file size"), ["1048576", "1048576"]);
    }
  }),
);

Deno.test(
  "working_directory: the workers' folder, not the master's",
  scene(async (scene) => {
    Deno.mkdirSync(scene.path("inside"));
    const master = await scene.start({ working_directory: "inside" });
    for (const pid of master.workers()) {
      assertEquals(cwdOf(pid), scene.path("inside"));
    }
    assertEquals(cwdOf(master.pid), scene.folder);
  }),
);

Deno.test(
  "env: variables are passed on, and those named are set",
  scene(async (scene) => {
    scene.configure({ app: writeApp(scene), env: { ADDED: "yes", TZ: "UTC" } });
    const master = scene.spawn({ env: { KEPT: "from the master" } });
    await master.ready();
    const env = JSON.parse((await master.request()).body);
    assertEquals([env.ADDED, env.KEPT, env.TZ], [
      "yes",
      "from the master",
      "UTC",
    ]);
  }),
);

Deno.test(
  "clear_env: the app sees TZ and what env names, nothing else",
  scene(async (scene) => {
    scene.configure({
      app: writeApp(scene),
      clear_env: true,
      env: { ADDED: "yes", KEPT: null, ABSENT: null },
    });
    const master = scene.spawn({
      env: { KEPT: "from the master", SECRET: "not yours", TZ: "UTC" },
    });
    await master.ready();
    const env = JSON.parse((await master.request()).body);
    assertEquals(env, { ADDED: "yes", KEPT: "from the master", TZ: "UTC" });
    for (const pid of master.workers()) {
      assertEquals(environOf(pid).has("SECRET"), false);
    }
  }),
);

Deno.test(
  "a worker that cannot become what was asked for does not run",
  scene(async (scene) => {
    scene.configure({ working_directory: "missing" });
    scene.announce(
      /\[emerg\] .*chdir\(.*missing.*\) failed \(2: /,
      /could not start: worker process \d+ exited with code 2/,
    );
    const master = scene.spawn();
    assertEquals(await master.ended(), { kind: "code", code: 1 });
  }),
);

Deno.test(
  "workers ignore no signal that we do not, but SIGPIPE",
  scene(async (scene) => {
    const master = await scene.start();
    const ignoredBy = (pid: number): bigint =>
      BigInt(`0x${statusOf(pid, "SigIgn") ?? "0"}`);
    // What this run was started with is inherited all the way down.
    const ours = ignoredBy(Deno.pid) | 1n << 12n;
    for (const pid of master.workers()) {
      const ignored = ignoredBy(pid);
      assert((ignored & ~ours) === 0n, ignored.toString(16));
    }
  }),
);

function idOf(database: "passwd" | "group", name: string): number {
  const line = Deno.readTextFileSync(`/etc/${database}`).split("\n")
    .find((one) => one.startsWith(`${name}:`));
  return Number(line?.split(":")[2]);
}
