/**
 * Rules about time, by the machine's clock: nobody outstays the drain timeout
 * or the ladder (P6), an address in use is tried as often as the policy says
 * and no faster, and the timer does not fire for ever.
 */

import type { Instant } from "../../src/base/unit.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import { nextDeadline } from "../../src/core/master/timer.ts";
import type { Transition } from "./transition.ts";
import { nameOf } from "./transition.ts";
import type { SimOs } from "./sim_os.ts";
import type { Process } from "./sim_process.ts";

/** Timers at one instant that are no loop yet: every row may climb a ladder. */
const TIMERS_AT_ONCE_MAX = 64;

/** What messages, steps and the machine take besides the policy's times. */
const SLACK_MS = 50;

/** Remembers attempts and timers. */
export class DeadlineChecker {
  readonly #os: SimOs;
  #timersAt: { readonly at: Instant; count: number } | undefined;
  #wasLate = false;
  #binds = { generation: 0, count: 0, at: 0 };

  constructor(os: SimOs) {
    this.#os = os;
  }

  /** Before the effects are performed. */
  before(step: Transition): readonly string[] {
    return [
      ...this.#checkTimers(step),
      ...this.#checkForgiven(step),
      ...step.effects.flatMap((effect) =>
        effect.kind === "openListeners"
          ? this.#checkBind(step, effect.generation)
          : []
      ),
    ];
  }

  /** After them. */
  after({ after }: Transition): readonly string[] {
    return [...this.#os.processes.values()].flatMap((process) =>
      this.#checkProcess(process, after)
    );
  }

  #checkBind(
    { now, after }: Transition,
    generation: number,
  ): readonly string[] {
    const { bindAttemptsMax, bindRetryMs } = after.policy;
    const last = this.#binds;
    const isSame = last.generation === generation;
    const count = isSame ? last.count + 1 : 1;
    this.#binds = { generation, count, at: now };
    const broken: string[] = [];
    if (count > bindAttemptsMax) broken.push(`bind attempt ${count}`);
    if (isSame && now < last.at + bindRetryMs) {
      broken.push(`bind tried again after ${now - last.at} ms`);
    }
    return broken;
  }

  #checkTimers({ now, event, before }: Transition): readonly string[] {
    if (event.kind !== "timerFired") return [];
    const due = nextDeadline(before);
    if (due === undefined || due > now) return [];
    if (this.#timersAt?.at !== now) this.#timersAt = { at: now, count: 0 };
    this.#timersAt.count += 1;
    return this.#timersAt.count <= TIMERS_AT_ONCE_MAX
      ? []
      : [`the timer fires for ever at ${now}`];
  }

  /** A timer that comes far too late kills nobody the first time. */
  #checkForgiven(step: Transition): readonly string[] {
    const { now, event, before, effects } = step;
    const due = nextDeadline(before);
    if (event.kind !== "timerFired" || due === undefined) return [];
    const isLate = now > due + before.policy.lateTimerMs;
    const wasLate = this.#wasLate;
    this.#wasLate = isLate && !wasLate;
    const kills = effects.some((effect) =>
      effect.kind === "kill" ||
      (effect.kind === "send" && effect.command === "terminate")
    );
    return isLate && !wasLate && kills
      ? [`a timer ${now - due} ms late ends children`]
      : [];
  }

  #checkProcess(process: Process, after: MasterState): readonly string[] {
    const { policy } = after;
    const { child, terminateAt, quitAt, killAt } = process;
    const { ref } = child;
    const { now } = this.#os;
    const spare = SLACK_MS + this.#forgivenMs(process, policy.lateTimerMs);
    const last = policy.ladderMs.at(-1) ?? 0;
    if (terminateAt !== undefined) {
      return killAt === undefined && now > terminateAt + last + spare
        ? [`P6 ${nameOf(ref)} was not killed in time`]
        : [];
    }
    const slot = after.slots[ref.slot];
    if (slot?.phase !== "draining" || slot.pid !== ref.pid) return [];
    const { drainTimeoutMs } = slot.limits;
    if (drainTimeoutMs === 0 || quitAt === undefined) return [];
    const limit = quitAt + drainTimeoutMs + policy.drainGraceMs;
    return now > limit + spare ? [`P6 ${nameOf(ref)} drains for too long`] : [];
  }

  /** What late timers may add: their lateness, and the grace after it. */
  #forgivenMs({ lateMs }: Process, lateTimerMs: number): number {
    const late = this.#os.lateMs - lateMs;
    return late === 0 ? 0 : 3 * (late + lateTimerMs);
  }
}
