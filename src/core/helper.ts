/**
 * The life and the schedule of a cache helper as a value. One pass over one
 * zone runs at a time; between passes it sleeps.
 *
 *     booting ─▶ sleeping ─▶ working ─▶ (exit)
 *                   ▲           │  └──▶ leaving ─▶ (exit)
 *                   └───────────┘
 *
 * The manager goes through all zones, one pass each, and sleeps for the
 * smallest of their answers, an hour at most and a millisecond at least. It
 * never ends by itself. The loader begins each zone after that zone's delay,
 * sleeps between its passes, and exits when every zone is loaded.
 *
 * leaving: told to quit while a pass runs, which is cut short; a pass is never
 * torn, unless by terminate.
 *
 * `step` is total and pure, like the master's. Source: nginx src/os/unix/
 * ngx_process_cycle.c, ngx_cache_manager_process_handler and
 * ngx_cache_loader_process_handler; there the loader sleeps inside its walk,
 * and cannot be told anything meanwhile.
 */

import { EXIT_CODE } from "../base/exit_code.ts";
import { unreachable } from "../base/invariant.ts";
import type { Instant, Milliseconds } from "../base/unit.ts";
import { after, earliest, toMilliseconds } from "../base/unit.ts";
import { line, reopen, saying, signalLine } from "./hearing.ts";
import type { HelperEffect, HelperEvent, PassOutcome } from "./helper_event.ts";

/** The manager looks at its zones at least this often: nginx's hour. */
export const ROUND_MS_MAX = toMilliseconds(3_600_000);

/** And it rests at least this long between two rounds: nginx's 1 ms. */
export const ROUND_MS_MIN = toMilliseconds(1);

/** A zone whose pass failed is looked at again after this. */
export const RETRY_MS = toMilliseconds(10_000);

/**
 * Between a loader's last word and its exit: what it says must not arrive
 * after its end, or what it loaded would be loaded again.
 */
export const PARTING_MS = toMilliseconds(200);

/** A round that is asked for comes so soon: nginx's manager_sleep. */
export const WANTED_MS = toMilliseconds(50);

/** What kind of helper it is, and what it decides by. */
export type HelperPlan =
  | { readonly role: "cache_manager"; readonly zones: number }
  | {
    readonly role: "cache_loader";
    /** One per zone. */
    readonly zones: readonly {
      readonly delayMs: Milliseconds;
      readonly sleepMs: Milliseconds;
    }[];
  };

/** What a schedule remembers between passes. */
export type Schedule =
  | {
    readonly role: "cache_manager";
    /** The smallest answer of this round so far. */
    readonly nextMs: number;
  }
  | {
    readonly role: "cache_loader";
    /** When each zone's next pass is due; undefined: none any more. */
    readonly due: readonly (Instant | undefined)[];
    /** A zone could not be loaded. */
    readonly hasFailed: boolean;
  };

/** Where a helper is in its life. */
export type HelperState =
  | { readonly phase: "booting" }
  | {
    readonly phase: "sleeping";
    readonly schedule: Schedule;
    readonly wakeAt: Instant;
  }
  | {
    readonly phase: "working";
    readonly schedule: Schedule;
    /** The number of the zone that the pass is over. */
    readonly zone: number;
  }
  | { readonly phase: "leaving" };

/** What a helper decided. */
export interface HelperStep {
  readonly state: HelperState;
  /** In the order they are to be performed. */
  readonly effects: readonly HelperEffect[];
}

/** How every helper begins. */
export const FIRST_STATE: HelperState = { phase: "booting" };

/** When `timerFired` is due; undefined: no timer. */
export function nextDeadline(state: HelperState): Instant | undefined {
  return state.phase === "sleeping" ? state.wakeAt : undefined;
}

/** Decide what one event means. */
export function step(
  state: HelperState,
  event: HelperEvent,
  plan: HelperPlan,
  now: Instant,
): HelperStep {
  switch (event.kind) {
    case "started":
      return start(state, plan, now);
    case "startFailed":
      return fail(state, event.reason, EXIT_CODE.FATAL);
    case "crashed":
      return fail(state, event.reason, EXIT_CODE.FAILED);
    case "passEnded":
      return endPass(state, event.outcome, plan, now);
    case "timerFired":
      return wake(state, now);
    case "passWanted":
      return { state: hurried(state, now), effects: [] };
    case "quitAsked":
      return quit(state, saying(event.asker, "shutting down"));
    case "masterLost":
      return quit(state, [
        line("error", "master process is gone, shutting down"),
      ]);
    case "terminateAsked":
      return {
        state,
        effects: [...saying(event.asker, "exiting"), ...EXIT_CLEANLY],
      };
    case "reopenAsked":
      return { state, effects: reopen(event.asker) };
    case "signalIgnored":
      return { state, effects: [signalLine(event, "ignoring")] };
    case "channelBroken":
      return {
        state,
        effects: [
          line("error", `not a message of the master: ${event.reason}`),
        ],
      };
    default:
      return unreachable(event);
  }
}

function start(
  state: HelperState,
  plan: HelperPlan,
  now: Instant,
): HelperStep {
  // Any other phase: it was told to go while it started.
  if (state.phase !== "booting") return { state, effects: [] };
  const schedule: Schedule = plan.role === "cache_manager"
    ? { role: plan.role, nextMs: ROUND_MS_MAX }
    : {
      role: plan.role,
      due: plan.zones.map(({ delayMs }) => after(now, delayMs)),
      hasFailed: false,
    };
  const next = goOn(schedule, now);
  return {
    state: next.state,
    effects: [{ kind: "send", message: "ready" }, ...next.effects],
  };
}

/** Sleep until the next pass; a loader without one, until its end. */
function goOn(schedule: Schedule, now: Instant): HelperStep {
  const wakeAt = schedule.role === "cache_manager"
    ? now
    : earliest(schedule.due) ?? after(now, PARTING_MS);
  return { state: { phase: "sleeping", schedule, wakeAt }, effects: [] };
}

function wake(state: HelperState, now: Instant): HelperStep {
  // A late timer of an earlier sleep.
  if (state.phase !== "sleeping" || state.wakeAt > now) {
    return { state, effects: [] };
  }
  const { schedule } = state;
  if (schedule.role === "cache_manager") {
    const round = { ...schedule, nextMs: ROUND_MS_MAX };
    return work(round, 0);
  }
  const first = earliest(schedule.due);
  if (first === undefined) {
    const code = schedule.hasFailed ? EXIT_CODE.FAILED : EXIT_CODE.DONE;
    return { state: { phase: "leaving" }, effects: [{ kind: "exit", code }] };
  }
  return work(schedule, schedule.due.findIndex((due) => due === first));
}

/** The manager's next round comes soon, whatever its zones answered. */
function hurried(state: HelperState, now: Instant): HelperState {
  if (state.phase !== "sleeping" && state.phase !== "working") return state;
  // A loader has its delays, and nobody asks it for more.
  if (state.schedule.role !== "cache_manager") return state;
  if (state.phase === "sleeping") {
    const wakeAt = earliest([state.wakeAt, after(now, WANTED_MS)]) ?? now;
    return { ...state, wakeAt };
  }
  const nextMs = Math.min(state.schedule.nextMs, WANTED_MS);
  return { ...state, schedule: { ...state.schedule, nextMs } };
}

function work(schedule: Schedule, zone: number): HelperStep {
  return {
    state: { phase: "working", schedule, zone },
    effects: [{ kind: "runPass", zone }],
  };
}

function endPass(
  state: HelperState,
  outcome: PassOutcome,
  plan: HelperPlan,
  now: Instant,
): HelperStep {
  if (state.phase === "leaving") return { state, effects: EXIT_CLEANLY };
  if (state.phase !== "working") return { state, effects: [] };
  const { schedule, zone } = state;
  const said = outcome.kind === "failed" ? [line("error", outcome.reason)] : [];
  const next = schedule.role === "cache_manager"
    ? nextManaged({ schedule, zone }, outcome, plan, now)
    : nextLoaded({ schedule, zone }, outcome, plan, now);
  return { state: next.state, effects: [...said, ...next.effects] };
}

/** A pass of that zone under that schedule. */
interface Pass<Role extends Schedule["role"]> {
  readonly schedule: Extract<Schedule, { readonly role: Role }>;
  readonly zone: number;
}

/** The next zone of the round, or sleep for the smallest answer. */
function nextManaged(
  { schedule, zone }: Pass<"cache_manager">,
  outcome: PassOutcome,
  plan: HelperPlan,
  now: Instant,
): HelperStep {
  const answer = outcome.kind === "managed" ? outcome.nextMs : RETRY_MS;
  // What is no number is no reason to look sooner.
  const nextMs = answer < schedule.nextMs ? answer : schedule.nextMs;
  const zones = plan.role === "cache_manager" ? plan.zones : 0;
  const going: Schedule = { ...schedule, nextMs };
  if (zone + 1 < zones) return work(going, zone + 1);
  const sleepMs = toMilliseconds(Math.max(nextMs, ROUND_MS_MIN));
  const wakeAt = after(now, sleepMs);
  return {
    state: { phase: "sleeping", schedule: going, wakeAt },
    effects: [],
  };
}

/** The same zone after its sleep, or the zone that is due before. */
function nextLoaded(
  { schedule, zone }: Pass<"cache_loader">,
  outcome: PassOutcome,
  plan: HelperPlan,
  now: Instant,
): HelperStep {
  const sleepMs = plan.role === "cache_loader"
    ? plan.zones[zone]?.sleepMs
    : undefined;
  const isMore = outcome.kind === "walked" && sleepMs !== undefined;
  const due = schedule.due.map((old, index) =>
    index !== zone ? old : isMore ? after(now, sleepMs) : undefined
  );
  const hasFailed = schedule.hasFailed || outcome.kind === "failed";
  const told: readonly HelperEffect[] = outcome.kind === "loaded"
    ? [{ kind: "sendLoaded", zone }]
    : [];
  const next = goOn({ ...schedule, due, hasFailed }, now);
  return { state: next.state, effects: [...told, ...next.effects] };
}

/** At once, or when the pass that runs has come to its end. */
function quit(
  state: HelperState,
  heard: readonly HelperEffect[],
): HelperStep {
  // Asked twice: the pass is being cut already.
  if (state.phase === "leaving") return { state, effects: heard };
  if (state.phase === "working") {
    return {
      state: { phase: "leaving" },
      effects: [...heard, { kind: "cutPass" }],
    };
  }
  return {
    state: { phase: "leaving" },
    effects: [...heard, ...EXIT_CLEANLY],
  };
}

/** The master is told too, should it wait for this helper. */
function fail(state: HelperState, reason: string, code: number): HelperStep {
  const told: readonly HelperEffect[] = state.phase === "booting"
    ? [{ kind: "sendFailure", reason }]
    : [];
  return {
    state,
    effects: [line("emerg", reason), ...told, { kind: "exit", code }],
  };
}

/** nginx's helpers say "exiting" and nothing after it. */
const EXIT_CLEANLY: readonly HelperEffect[] = [
  line("notice", "exiting"),
  { kind: "exit", code: EXIT_CODE.DONE },
];
