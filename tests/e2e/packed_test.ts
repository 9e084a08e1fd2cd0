/**
 * A packed procmgr, packed here: it serves, has everything in it that is
 * loaded late, reloads, and is upgraded by another file in its place. The
 * whole suite on it: PROCMGR_UNDER_TEST=dist/procmgr deno task test e2e.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { withBundle } from "../../tools/bundle.ts";
import { pack } from "../../tools/pack.ts";
import { fixturePath, type TestConfig } from "../support/config.ts";
import { IS_ROOT, type Scene, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { environOf, statusOf, titleOf } from "../support/proc.ts";
import { until, within } from "../support/until.ts";

/** SIGUSR1 as a bit of a mask. man 5 proc, SigBlk. */
const USR1_BIT = 1n << 9n;

/** Two versions side by side, neither compressed: that takes half a minute. */
async function packBoth(scene: Scene): Promise<readonly [string, string]> {
  return await withBundle(async (app) => {
    const [deno, arch] = [Deno.execPath(), Deno.build.arch];
    const packed = { app, deno, arch, compress: "none" };
    const output = scene.path("procmgr");
    const first = await pack({ ...packed, output });
    Deno.writeTextFileSync(`${app}/next`, "");
    const second = await pack({ ...packed, output: scene.path("next") });
    return [first.id, second.id];
  });
}

/** The version that a process runs. */
function versionOf(pid: number): string | undefined {
  return Deno.readLinkSync(`/proc/${pid}/exe`).split("/").at(-2);
}

/** What is loaded when it is needed, by a worker that is not root any more. */
async function checkLate(master: Master): Promise<void> {
  const site = await fetch(`http://127.0.0.2:${master.port(1)}/hello.ts`);
  assertMatch(await site.text(), /export default/);
  const socket = new WebSocket(`ws://127.0.0.3:${master.port(2)}/`);
  await within(
    new Promise((resolve, reject) => {
      socket.onmessage = resolve;
      socket.onerror = reject;
    }),
    { what: "a message on a WebSocket" },
  );
  socket.close();
  await until(() => socket.readyState === socket.CLOSED, { what: "its close" });
}

function configOf(scene: Scene): TestConfig {
  const root = new URL("../../examples", import.meta.url).pathname;
  Deno.copyFileSync(`${root}/hello.ts`, scene.path("hello.ts"));
  Deno.copyFileSync(fixturePath("websocket_app.ts"), scene.path("ws.ts"));
  return {
    worker_processes: 1,
    ...(IS_ROOT ? { user: "nobody" } : {}),
    pools: {
      app: { app: scene.path("hello.ts"), listen: "127.0.0.1:0" },
      site: { static: { root: scene.folder }, listen: "127.0.0.2:0" },
      socket: { app: scene.path("ws.ts"), listen: "127.0.0.3:0" },
    },
  };
}

Deno.test(
  "a packed file serves, reloads and is replaced",
  scene(async (scene) => {
    const [first, second] = await packBoth(scene);
    const file = scene.path("procmgr");
    scene.program = [file];
    scene.env = { PROCMGR_UNPACK: scene.path("unpacked") };
    const master = await scene.start(configOf(scene));
    assertEquals((await master.request()).body, "Hello World\n");
    await checkLate(master);

    assertEquals(
      titleOf(master.pid).startsWith("procmgr: master process"),
      true,
    );
    assertEquals(versionOf(master.pid), first);
    const blocked = BigInt(`0x${statusOf(master.pid, "SigBlk")}`);
    assert(blocked & USR1_BIT, "SIGUSR1 would open the debugger");
    const [worker = 0] = master.workers();
    assertEquals(environOf(worker).get("PROCMGR_PACKED"), undefined);
    await master.reload();

    Deno.renameSync(scene.path("next"), file);
    const outcome = await master.command("--signal", "upgrade", "--wait");
    assertEquals(outcome.code, 0, outcome.stderr);
    const next = await scene.successor(master);
    await master.ended();
    assertEquals(versionOf(next.pid), second);
    assertNotEquals(first, second);
    assertEquals((await next.request()).body, "Hello World\n");
    const { stderr } = await next.command("-V");
    assertMatch(
      stderr,
      new RegExp(`packed in ${file}, unpacked in .*${second}`),
    );
  }),
);
