/** Who is connected with whom, when, and who is told that somebody is gone. */

import { assertEquals } from "@std/assert";
import {
  code,
  doneBy,
  exited,
  KILLED,
  planOf,
  refAt,
  reloading,
  saidBy,
  settled,
  signalled,
  spawned,
  started,
  take,
  told,
  TRY_AGAIN,
  withCache,
} from "../../../tests/support/core.ts";
import type { MasterState, Step } from "./state.ts";

/** What was done about mailboxes. */
function mailboxesOf(step: Step): readonly string[] {
  return doneBy(step).filter((label) => label.includes("Mailboxes"));
}

function asked(state: MasterState, ...rows: readonly number[]): MasterState {
  return take(state, rows.map((row) => told("meshAsked", state, row))).state;
}

Deno.test("workers that asked are connected with those who asked before", () => {
  const state = started(planOf(3));
  const first = take(state, told("meshAsked", state, 1));
  // Nobody yet: it is told that this is all.
  assertEquals(mailboxesOf(first), ["openMailboxes 1 "]);
  const second = take(first.state, told("meshAsked", state, 0));
  assertEquals(mailboxesOf(second), ["openMailboxes 0 1"]);
  const third = take(second.state, told("meshAsked", state, 2));
  assertEquals(mailboxesOf(third), ["openMailboxes 2 0,1"]);
  const again = take(third.state, told("meshAsked", state, 2));
  assertEquals(mailboxesOf(again), []);
});

Deno.test("only the mesh's newcomer is told that it is complete", () => {
  const state = started(planOf(1));
  const { effects } = take(state, told("meshAsked", state, 0));
  const [opened] = effects.filter(({ kind }) => kind === "openMailboxes");
  assertEquals(opened, {
    kind: "openMailboxes",
    peers: [],
    isMesh: true,
    ...refAt(state, 0),
  });
});

Deno.test("pools have meshes of their own", () => {
  const state = started(planOf({ web: 1, api: 1 }));
  const both = take(asked(state, 0), told("meshAsked", state, 1));
  assertEquals(mailboxesOf(both), ["openMailboxes 1 "]);
});

Deno.test("a worker that ended is told to those it was connected with", () => {
  const state = asked(started(planOf(3)), 0, 1);
  const gone = take(state, exited(KILLED, state, 0));
  assertEquals(mailboxesOf(gone), ["closeMailboxes 0 1"]);
  // Its successor has to ask for itself.
  const back = settled(gone.state);
  const next = take(back, told("meshAsked", back, 0));
  assertEquals(mailboxesOf(next), ["openMailboxes 0 1"]);
});

Deno.test("old and new generations are in one mesh while both live", () => {
  const old = asked(started(planOf(1)), 0);
  const state = reloading(old, planOf(1));
  const asking = take(state, told("meshAsked", state, 1));
  assertEquals(mailboxesOf(asking), ["openMailboxes 1 0"]);
  const committed = take(asking.state, told("childReady", state, 1));
  assertEquals(mailboxesOf(committed), []);
  const { state: after } = committed;
  const gone = take(after, exited(code(0), after, 0));
  assertEquals(mailboxesOf(gone), ["closeMailboxes 0 1"]);
});

Deno.test("workers and loader are connected with the manager, asked or not", () => {
  const plan = withCache(planOf(2));
  const state = started(plan);
  const killed = take(state, exited(KILLED, state, 2));
  assertEquals(mailboxesOf(killed), ["closeMailboxes 2 0,1,3"]);
  const back = take(killed.state, spawned(killed.state, 2));
  assertEquals(mailboxesOf(back), ["openMailboxes 2 0,1,3"]);
  const worker = take(back.state, exited(KILLED, back.state, 0));
  assertEquals(mailboxesOf(worker), ["closeMailboxes 0 2"]);
  const loader = take(state, exited(code(0), state, 3));
  assertEquals(mailboxesOf(loader), ["closeMailboxes 3 2"]);
});

Deno.test("a helper has no mesh, and one who is gone asks for nothing", () => {
  const state = started(withCache(planOf(1)));
  const step = take(state, told("meshAsked", state, 1));
  assertEquals(saidBy(step).map(([, { kind }]) => kind), ["eventIgnored"]);
  const gone = take(state, exited(KILLED, state, 0)).state;
  const late = take(gone, told("meshAsked", state, 0));
  assertEquals(mailboxesOf(late), []);
});

Deno.test("what could not be made is said", () => {
  const state = started();
  const event = { kind: "mailboxesFailed", error: TRY_AGAIN } as const;
  const step = take(state, { ...event, ...refAt(state, 0) });
  assertEquals(saidBy(step).map(([level, { kind }]) => [level, kind]), [
    ["error", "mailboxesFailed"],
  ]);
});

Deno.test("quit keeps the mailboxes until each is gone", () => {
  const state = asked(started(planOf(2)), 0, 1);
  const quitting = take(state, signalled("SIGQUIT"));
  assertEquals(mailboxesOf(quitting), []);
  const { state: after } = quitting;
  assertEquals(mailboxesOf(take(after, exited(code(0), after, 0))), [
    "closeMailboxes 0 1",
  ]);
});
