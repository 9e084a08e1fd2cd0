/** What the service manager hears of a start, reloads, an upgrade, the end. */

import { assertEquals } from "@std/assert";
import {
  at,
  code,
  exited,
  fresh,
  planOf,
  prepared,
  rejected,
  reloading,
  settled,
  signalled,
  spawned,
  started,
  take,
  told as said,
} from "../../../tests/support/core.ts";
import { ended, upgraded } from "../../../tests/support/upgrade_core.ts";
import { toPid } from "../../base/id.ts";
import type { MasterEvent } from "./event.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { NOTHING_TOLD, tell, type Told } from "./sd_notify.ts";
import { initialState, type MasterState, stay } from "./state.ts";
import { step } from "./step.ts";

const TELLING = { pid: toPid(42), monotonicUsec: 7 };

/** What the events are, to a manager that was told what `state` is. */
function hear(
  state: MasterState,
  ...events: readonly MasterEvent[]
): readonly string[] {
  let current = state;
  let told: Told = tell(NOTHING_TOLD, stay(state), TELLING).told;
  return events.flatMap((event) => {
    const next = step(current, event, at(0));
    const heard = tell(told, next, TELLING);
    current = next.state;
    told = heard.told;
    return heard.messages;
  });
}

const RUNNING = started(planOf(2));
const HUP = signalled("SIGHUP");
const BUSY = "generation 1, workers: 2 of 2";

Deno.test("tell() is READY when every worker serves", () => {
  const booting = prepared(fresh(), planOf(1));
  const up = take(booting, spawned(booting, 0)).state;
  assertEquals(hear(up, said("childReady", up, 0)), [
    "READY=1\nMAINPID=42\nSTATUS=generation 1, workers: 1 of 1",
  ]);
});

Deno.test("tell() is a start that failed", () => {
  const booting = prepared(fresh(), planOf(1));
  const up = take(booting, spawned(booting, 0)).state;
  assertEquals(hear(up, exited(code(2), up, 0)), [
    "STOPPING=1\nSTATUS=stopped; could not start: worker process 100 exited " +
    "with code 2 before every worker was ready",
  ]);
});

Deno.test("tell() is RELOADING, then READY with the new generation", () => {
  assertEquals(hear(RUNNING, HUP), [
    "RELOADING=1\nMONOTONIC_USEC=7\n" +
    `STATUS=${BUSY}, generation 2 is starting`,
  ]);
  const coming = reloading(RUNNING, planOf(1));
  assertEquals(hear(coming, said("childReady", coming, 2)), [
    "READY=1\nSTATUS=generation 2, workers: 1 of 1, draining: 2",
  ]);
});

Deno.test("tell() is READY again after a reload that failed", () => {
  assertEquals(hear(RUNNING, HUP, rejected(2)).slice(1), [
    `READY=1\nSTATUS=${BUSY}; reload failed: procmgr.jsonc:1:1: bad; ` +
    "procmgr.jsonc:2:1: worse",
  ]);
  // What failed is told until the next one begins.
  const [, , again] = hear(RUNNING, HUP, rejected(2), HUP);
  assertEquals(
    again,
    "RELOADING=1\nMONOTONIC_USEC=7\n" +
      `STATUS=${BUSY}, generation 3 is starting`,
  );
});

Deno.test("tell() is both when a reload is refused during an upgrade", () => {
  assertEquals(hear(upgraded(RUNNING), HUP), [
    "RELOADING=1\nMONOTONIC_USEC=7",
    `READY=1\nSTATUS=${BUSY}, new binary process 900; the configuration is ` +
    "not read during an upgrade",
  ]);
});

Deno.test("tell() is a reload that was asked for during the start", () => {
  const booting = prepared(fresh(), planOf(1));
  const up = take(booting, [spawned(booting, 0), HUP]).state;
  assertEquals(hear(up, said("childReady", up, 0)), [
    "READY=1\nMAINPID=42",
    "RELOADING=1\nMONOTONIC_USEC=7\n" +
    "STATUS=generation 1, workers: 1 of 1, generation 2 is starting",
  ]);
});

Deno.test("tell() is STOPPING once", () => {
  const quitting = take(RUNNING, signalled("SIGQUIT")).state;
  const exits = [0, 1].map((slot) => exited(code(0), quitting, slot));
  assertEquals(hear(RUNNING, signalled("SIGQUIT"), ...exits), [
    "STOPPING=1\nSTATUS=shutting down gracefully, workers left: 2",
    "STATUS=shutting down gracefully, workers left: 1",
    "STATUS=stopped",
  ]);
});

Deno.test("tell() is the new master's pid at the end of the old one", () => {
  const both = upgraded(started());
  const quitting = take(both, signalled("SIGQUIT")).state;
  const last = exited(code(0), quitting, 0);
  assertEquals(hear(both, signalled("SIGQUIT"), last), [
    "STATUS=shutting down gracefully, workers left: 1",
    "MAINPID=900\nSTATUS=stopped",
  ]);
  // Nobody comes after all.
  assertEquals(hear(quitting, ended(code(1))).slice(0, 1), [
    "STOPPING=1",
  ]);
});

Deno.test("tell() is nothing of a new master before the old one is gone", () => {
  const young = initialState(DEFAULT_POLICY, 1, "alive");
  const booting = prepared(young, planOf(1));
  const up = take(booting, spawned(booting, 0)).state;
  const ready = said("childReady", up, 0);
  assertEquals(hear(up, ready), []);
  assertEquals(hear(up, ready, { kind: "predecessorLost" }), [
    "READY=1\nMAINPID=42\nSTATUS=generation 1, workers: 1 of 1",
  ]);
  assertEquals(hear(up, exited(code(1), up, 0)), []);
});

Deno.test("tell() says how many workers serve, in one line", () => {
  const failing = exited(code(1), RUNNING, 0);
  assertEquals(hear(RUNNING, failing), [
    "STATUS=generation 1, workers: 1 of 2",
  ]);
  const back = settled(take(RUNNING, failing).state);
  assertEquals(hear(back, signalled("SIGUSR1")), []);
});
