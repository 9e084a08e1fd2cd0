/** WINCH: everyone drains, nobody comes back before a HUP. */

import { assertEquals } from "@std/assert";
import {
  asked,
  code,
  doneBy,
  exited,
  KILLED,
  labelsOf,
  phasesOf,
  planOf,
  prepared,
  rejected,
  reloading,
  saidBy,
  settled,
  signalled,
  slotIn,
  spawned,
  started,
  take,
} from "../../../tests/support/core.ts";
import { toOrdinal } from "../../base/id.ts";
import { restart } from "./noaccept.ts";

const WINCH = signalled("SIGWINCH");

Deno.test("step() drains every worker on WINCH and keeps the sockets", () => {
  const after = take(started(planOf(2)), WINCH);
  assertEquals(doneBy(after), [
    "send quit 0 linger",
    "send quit 1 linger",
    "steer worker 0",
  ]);
  assertEquals(after.state.mode, "running");
  const gone = take(after.state, [
    exited(code(0), after.state, 0),
    exited(KILLED, after.state, 1),
  ]);
  assertEquals(doneBy(gone), []);
  assertEquals(phasesOf(gone.state), ["vacant", "vacant"]);
  // Said twice it means the same.
  assertEquals(take(gone.state, WINCH).state, gone.state);
});

Deno.test("step() forgets after WINCH who waits and who failed", () => {
  const running = started(planOf(3));
  const [first] = running.slots;
  const state = {
    ...running,
    slots: [
      first ?? slotIn("serving"),
      slotIn("waiting", { ordinal: toOrdinal(1) }),
      slotIn("failed", { ordinal: toOrdinal(2) }),
    ],
  };
  const after = take(state, WINCH);
  assertEquals(phasesOf(after.state), ["draining", "vacant", "vacant"]);
});

Deno.test("step() ends a worker that is spawned after WINCH came", () => {
  const state = { ...started(), slots: [slotIn("spawning")] };
  const after = take(state, WINCH).state;
  assertEquals(phasesOf(after), ["spawning"]);
  const born = take(after, spawned(after, 0));
  assertEquals(doneBy(born), ["send terminate 0"]);
});

Deno.test("step() gives a reload up for WINCH and says so", () => {
  const busy = reloading(take(started(), asked("reload", 3)).state, planOf(1));
  const after = take(busy, WINCH);
  assertEquals(after.state.changeover, undefined);
  assertEquals(doneBy(after).at(-1), "send quit 0 linger");
  const failure = { kind: "noaccepting" };
  assertEquals(
    saidBy(after).filter(([level]) => level === "error").map(([, notice]) =>
      "failure" in notice ? notice.failure : notice
    ),
    [failure],
  );
});

Deno.test("step() reads the configuration on HUP after WINCH", () => {
  const empty = take(started(planOf(2)), WINCH).state;
  const hupped = take(empty, signalled("SIGHUP")).state;
  const back = settled(prepared(hupped, planOf(1)));
  assertEquals(back.noaccepting, false);
  assertEquals(back.generation, 2);
  // A respawn works again.
  const index = back.slots.findIndex(({ phase }) => phase === "serving");
  const again = take(back, exited(KILLED, back, index));
  assertEquals(doneBy(again)[0], `spawn ${index} gen 2 worker/0`);
});

Deno.test("step() leaves WINCH in force when the reload after it fails", () => {
  const empty = take(started(), WINCH).state;
  const hupped = take(empty, signalled("SIGHUP")).state;
  const after = take(hupped, rejected(2)).state;
  assertEquals(after.noaccepting, true);
  assertEquals(after.generation, 1);
});

Deno.test("step() keeps the number of workers after WINCH", () => {
  const empty = take(started(planOf(2)), WINCH).state;
  const after = take(empty, signalled("SIGTTIN", "SIGTTOU"));
  assertEquals(doneBy(after), []);
  assertEquals(after.state.plan, empty.plan);
});

Deno.test("step() takes no WINCH before the start and after its end", () => {
  for (const last of ["SIGQUIT", "SIGTERM"] as const) {
    const leaving = take(started(), signalled(last)).state;
    assertEquals(take(leaving, WINCH).state, leaving);
  }
});

Deno.test("step() takes WINCH for a resize where there is a terminal", () => {
  const running = started(planOf(1), { winchIsResize: true });
  const after = take(running, WINCH);
  assertEquals(labelsOf(after), []);
  assertEquals(after.state, running);
});

Deno.test("restart() brings the workers of the plan in force back", () => {
  const empty = take(started(planOf(2)), WINCH).state;
  const back = restart(empty);
  assertEquals(doneBy(back), [
    "spawn 2 gen 1 worker/0",
    "spawn 3 gen 1 worker/1",
  ]);
  assertEquals(restart(back.state).effects, []);
});
