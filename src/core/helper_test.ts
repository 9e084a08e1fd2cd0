/** The schedules of manager and loader, and how a helper leaves. */

import { assertEquals } from "@std/assert";
import { toInstant, toMilliseconds } from "../base/unit.ts";
import {
  FIRST_STATE,
  type HelperPlan,
  type HelperState,
  nextDeadline,
  PARTING_MS,
  RETRY_MS,
  ROUND_MS_MAX,
  step,
  WANTED_MS,
} from "./helper.ts";
import type { HelperEffect, HelperEvent, PassOutcome } from "./helper_event.ts";

const ZERO = toMilliseconds(0);
const MASTER = { kind: "master" } as const;
const TERM = { kind: "signal", name: "SIGTERM", signo: 15 } as const;
const QUIT: HelperEvent = { kind: "quitAsked", asker: MASTER, lingerMs: ZERO };
const STARTED: HelperEvent = { kind: "started" };
const TIMER: HelperEvent = { kind: "timerFired" };

function managerOf(zones: number): HelperPlan {
  return { role: "cache_manager", zones };
}

function loaderOf(
  ...zones: readonly (readonly [number, number])[]
): HelperPlan {
  return {
    role: "cache_loader",
    zones: zones.map(([delayMs, sleepMs]) => ({
      delayMs: toMilliseconds(delayMs),
      sleepMs: toMilliseconds(sleepMs),
    })),
  };
}

function ended(outcome: PassOutcome): HelperEvent {
  return { kind: "passEnded", outcome };
}

function managed(nextMs: number): HelperEvent {
  return ended({ kind: "managed", nextMs });
}

/** A helper with its clock. */
class Life {
  state: HelperState = FIRST_STATE;
  now = 1000;
  readonly #plan: HelperPlan;

  constructor(plan: HelperPlan) {
    this.#plan = plan;
  }

  /** What it does about an event, in short. */
  take(event: HelperEvent): readonly string[] {
    const taken = step(this.state, event, this.#plan, toInstant(this.now));
    this.state = taken.state;
    return taken.effects.map(labelOf);
  }

  /** How long it sleeps; undefined: it does not. */
  get sleepMs(): number | undefined {
    const deadline = nextDeadline(this.state);
    return deadline === undefined ? undefined : deadline - this.now;
  }

  /** Sleep, and what it does then. */
  wake(): readonly string[] {
    this.now += this.sleepMs ?? 0;
    return this.take(TIMER);
  }
}

function labelOf(effect: HelperEffect): string {
  switch (effect.kind) {
    case "log":
      return `${effect.level}: ${effect.text}`;
    case "send":
      return effect.message;
    case "sendFailure":
      return `failure: ${effect.reason}`;
    case "sendLoaded":
    case "runPass":
      return `${effect.kind} ${effect.zone}`;
    case "exit":
      return `exit ${effect.code}`;
    default:
      return effect.kind;
  }
}

Deno.test("the manager begins at once and goes through every zone", () => {
  const life = new Life(managerOf(3));
  assertEquals(life.take(STARTED), ["ready"]);
  assertEquals(life.sleepMs, 0);
  assertEquals(life.wake(), ["runPass 0"]);
  assertEquals(life.take(managed(700)), ["runPass 1"]);
  assertEquals(life.take(managed(50)), ["runPass 2"]);
  assertEquals(life.take(managed(9000)), []);
  assertEquals(life.sleepMs, 50);
  assertEquals(life.wake(), ["runPass 0"]);
});

Deno.test("the manager's smallest answer holds for one round alone", () => {
  const life = new Life(managerOf(1));
  life.take(STARTED);
  life.wake();
  life.take(managed(50));
  life.wake();
  life.take(managed(8000));
  assertEquals(life.sleepMs, 8000);
});

Deno.test("the manager sleeps an hour at most and a millisecond at least", () => {
  const answers = [
    [0, 1],
    [-5, 1],
    [1, 1],
    [ROUND_MS_MAX + 1, ROUND_MS_MAX],
    [Infinity, ROUND_MS_MAX],
    [NaN, ROUND_MS_MAX],
  ] as const;
  for (const [answer, expected] of answers) {
    const life = new Life(managerOf(1));
    life.take(STARTED);
    life.wake();
    life.take(managed(answer));
    assertEquals(life.sleepMs, expected, `${answer}`);
  }
});

Deno.test("a failed pass of the manager is said and tried again", () => {
  const life = new Life(managerOf(2));
  life.take(STARTED);
  life.wake();
  const failed = ended({ kind: "failed", reason: "no disk" });
  assertEquals(life.take(failed), ["error: no disk", "runPass 1"]);
  life.take(managed(ROUND_MS_MAX));
  assertEquals(life.sleepMs, RETRY_MS);
});

Deno.test("the loader waits for each zone's delay", () => {
  const life = new Life(loaderOf([500, 5], [100, 7]));
  assertEquals(life.take(STARTED), ["ready"]);
  assertEquals(life.sleepMs, 100);
  assertEquals(life.wake(), ["runPass 1"]);
  assertEquals(life.take(ended({ kind: "walked" })), []);
  assertEquals(life.sleepMs, 7);
  assertEquals(life.wake(), ["runPass 1"]);
  assertEquals(life.take(ended({ kind: "loaded" })), ["sendLoaded 1"]);
  assertEquals(life.sleepMs, 393);
  assertEquals(life.wake(), ["runPass 0"]);
  assertEquals(life.take(ended({ kind: "loaded" })), ["sendLoaded 0"]);
  assertEquals(life.sleepMs, PARTING_MS);
  assertEquals(life.wake(), ["exit 0"]);
});

Deno.test("the loader goes on after a zone that fails, and exits with 1", () => {
  const life = new Life(loaderOf([0, 5], [0, 5]));
  life.take(STARTED);
  assertEquals(life.wake(), ["runPass 0"]);
  const failed = ended({ kind: "failed", reason: "no disk" });
  assertEquals(life.take(failed), ["error: no disk"]);
  assertEquals(life.wake(), ["runPass 1"]);
  assertEquals(life.take(ended({ kind: "loaded" })), ["sendLoaded 1"]);
  assertEquals(life.wake(), ["exit 1"]);
});

Deno.test("a helper that sleeps or boots quits at once", () => {
  const booting = new Life(managerOf(1));
  assertEquals(booting.take(QUIT), ["notice: exiting", "exit 0"]);
  assertEquals(booting.take(STARTED), []);
  const sleeping = new Life(loaderOf([60_000, 50]));
  sleeping.take(STARTED);
  assertEquals(sleeping.take(QUIT), ["notice: exiting", "exit 0"]);
});

Deno.test("a pass is cut short by quit, and never torn", () => {
  const life = new Life(managerOf(2));
  life.take(STARTED);
  life.wake();
  assertEquals(life.take(QUIT), ["cutPass"]);
  assertEquals(life.take(QUIT), []);
  assertEquals(life.take(TIMER), []);
  assertEquals(life.take(managed(5)), ["notice: exiting", "exit 0"]);
});

Deno.test("terminate tears a pass", () => {
  const life = new Life(managerOf(1));
  life.take(STARTED);
  life.wake();
  assertEquals(life.take({ kind: "terminateAsked", asker: TERM }), [
    "notice: signal 15 (SIGTERM) received, exiting",
    "notice: exiting",
    "exit 0",
  ]);
});

Deno.test("a helper whose master is gone leaves", () => {
  const life = new Life(managerOf(1));
  life.take(STARTED);
  assertEquals(life.take({ kind: "masterLost" }), [
    "error: master process is gone, shutting down",
    "notice: exiting",
    "exit 0",
  ]);
});

Deno.test("a helper reopens its log in any phase", () => {
  const life = new Life(managerOf(1));
  const expected = ["notice: reopening logs", "reopenLog", "reopened"];
  const reopen: HelperEvent = { kind: "reopenAsked", asker: MASTER };
  assertEquals(life.take(reopen), expected);
  life.take(STARTED);
  life.wake();
  assertEquals(life.take(reopen), expected);
  assertEquals(life.state.phase, "working");
});

Deno.test("what no helper acts on is said", () => {
  const life = new Life(managerOf(1));
  const ignored: HelperEvent = {
    kind: "signalIgnored",
    name: "SIGHUP",
    signo: 1,
  };
  assertEquals(life.take(ignored), [
    "notice: signal 1 (SIGHUP) received, ignoring",
  ]);
  assertEquals(life.take({ kind: "channelBroken", reason: "{}" }), [
    "error: not a message of the master: {}",
  ]);
});

Deno.test("a helper that cannot start is fatal, one that crashes is not", () => {
  const life = new Life(managerOf(1));
  assertEquals(life.take({ kind: "startFailed", reason: "no user" }), [
    "emerg: no user",
    "failure: no user",
    "exit 2",
  ]);
  const other = new Life(managerOf(1));
  other.take(STARTED);
  assertEquals(other.take({ kind: "crashed", reason: "bug" }), [
    "emerg: bug",
    "exit 1",
  ]);
});

Deno.test("step() is total: any event in any phase", () => {
  const events: readonly HelperEvent[] = [
    STARTED,
    TIMER,
    QUIT,
    managed(1),
    ended({ kind: "walked" }),
    ended({ kind: "loaded" }),
    { kind: "masterLost" },
  ];
  for (const plan of [managerOf(1), loaderOf([0, 0])]) {
    for (const first of events) {
      for (const second of events) {
        for (const third of events) {
          const life = new Life(plan);
          for (const event of [first, second, third]) life.take(event);
        }
      }
    }
  }
});

Deno.test("a pass that is wanted comes soon, and a loader takes no orders", () => {
  const life = new Life(managerOf(1));
  life.take(STARTED);
  life.take(TIMER);
  life.take(managed(10_000));
  life.take({ kind: "passWanted" });
  assertEquals(nextDeadline(life.state), toInstant(life.now + WANTED_MS));
  life.now += WANTED_MS;
  life.take(TIMER);
  // While one runs, the next is wanted soon all the same.
  life.take({ kind: "passWanted" });
  life.take(managed(10_000));
  assertEquals(nextDeadline(life.state), toInstant(life.now + WANTED_MS));
  life.take({ kind: "passWanted" });
  assertEquals(nextDeadline(life.state), toInstant(life.now + WANTED_MS));

  const loader = new Life(loaderOf([500, 40]));
  loader.take({ kind: "passWanted" });
  loader.take(STARTED);
  loader.take({ kind: "passWanted" });
  assertEquals(nextDeadline(loader.state), toInstant(loader.now + 500));
});
