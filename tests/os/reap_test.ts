/** Who ended is seen, ours are left to the runtime, one is reaped. */

import { assert, assertEquals } from "@std/assert";
import { peekEnded, reapProcess } from "../../src/os/reap.ts";
import { spawnChild } from "../../src/os/child.ts";
import { inquire } from "../../src/os/inquiry.ts";
import { toPid } from "../../src/base/id.ts";
import type { Exit } from "../../src/base/exit.ts";
import type { Pid } from "../../src/base/id.ts";

/** A child that ends at once; its pid, and its exit as the runtime tells it. */
async function child(
  script: string,
): Promise<{ readonly pid: Pid; readonly exited: Promise<Exit> }> {
  const exited = Promise.withResolvers<Exit>();
  const pid = await new Promise<Pid>((resolve, reject) => {
    spawnChild({
      command: ["/bin/sh", "-c", script],
      env: { PATH: Deno.env.get("PATH") ?? "" },
      inherit: [],
    }, {
      onSpawned: (spawned) => resolve(spawned.pid),
      onSpawnFailed: reject,
      onMessage: () => {},
      onChannelClosed: () => {},
      onChannelBroken: () => {},
      onExited: exited.resolve,
    });
  });
  return { pid, exited: exited.promise };
}

/** Who ends next; the runtime, which has no turn meanwhile, reaps nobody. */
function nextEnded(): Pid {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    const process = peekEnded();
    if (process !== undefined) return process;
  }
  throw new Error("nobody ended");
}

Deno.test("reapProcess() leaves our own children to the runtime", async () => {
  const { pid, exited } = await child("exit 4");
  const reaped = reapProcess(pid);
  assert(!reaped.ok);
  assertEquals(reaped.error.code, "EBUSY");
  assertEquals(await exited, { kind: "code", code: 4 });
  // It is gone by now, and no longer ours.
  const gone = reapProcess(pid);
  assert(!gone.ok);
  assertEquals(gone.error.code, "ECHILD");
});

Deno.test("reapProcess() leaves who is asked to the runtime, too", async () => {
  const answer = inquire(["/bin/sh", "-c", "echo no >&2; exit 5"], {
    env: {},
    timeoutMs: 20_000,
  });
  const asked = nextEnded();
  const reaped = reapProcess(asked);
  assert(!reaped.ok);
  assertEquals(reaped.error.code, "EBUSY");
  assertEquals(await answer, { code: 5, stderr: "no\n" });
});

Deno.test("peekEnded() takes no exit away", async () => {
  const children = await Promise.all(
    Array.from({ length: 8 }, (_, code) => child(`exit ${code}`)),
  );
  for (let look = 0; look < 100; look++) peekEnded();
  const exits = await Promise.all(children.map(({ exited }) => exited));
  assertEquals(
    exits,
    exits.map((_, code) => ({ kind: "code", code })),
  );
  assertEquals(peekEnded(), undefined);
});

Deno.test("reapProcess() of a process that is no child is an error", () => {
  const reaped = reapProcess(toPid(1));
  assert(!reaped.ok);
  assertEquals(reaped.error.code, "ECHILD");
});
