/**
 * The simulated loop: take an event, or jump the clock to the next thing that
 * happens; `step`; check; perform the effects in order. The same loop as
 * role/master.ts, on a machine that can be repeated from a seed.
 *
 * A transition's line has these columns:
 *
 *     time       milliseconds since the master was started
 *     event      its kind, and whom it names
 *     slot       the slot it is about, or -
 *     change     that slot's phase before → after; else the master's mode,
 *                with the stage of a changeover on its way
 *     effects    in order; `"…"` is a log line (debug lines are left out)
 *
 * Source: TigerBeetle's VOPR; the loop is Sans-I/O as h11 has it.
 */

import type { Prng } from "../../src/base/prng.ts";
import { createPrng } from "../../src/base/prng.ts";
import { Ring } from "../../src/base/ring.ts";
import type { Instant } from "../../src/base/unit.ts";
import { toInstant } from "../../src/base/unit.ts";
import { toGeneration } from "../../src/base/id.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import type { Policy } from "../../src/core/master/policy.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import { initialState } from "../../src/core/master/state.ts";
import { step } from "../../src/core/master/step.ts";
import { nextDeadline } from "../../src/core/master/timer.ts";
import type { Transition } from "./transition.ts";
import { Checker } from "./checker.ts";
import type { Conditions } from "./condition.ts";
import { Coverage } from "./coverage.ts";
import { SimOs } from "./sim_os.ts";
import type { SimConfig } from "./sim_resources.ts";
import { formatTransition } from "./trace.ts";

/** Lines a failure shows. */
const LINES_MAX = 50;

/** A broken rule, with how it came to that. */
export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
  /** What was broken, each beginning with its rule's name. */
  readonly rules: readonly string[];
  /** The last transitions, one line each. */
  readonly lines: readonly string[];

  constructor(rules: readonly string[], lines: readonly string[]) {
    super(`${rules.join("; ")}\n${lines.join("\n")}`);
    this.rules = rules;
    this.lines = lines;
  }
}

/** What a simulation starts from. */
export interface SimulatorOptions {
  readonly policy: Policy;
  readonly config: SimConfig;
  readonly conditions: Conditions;
  readonly seed: number;
  /** How many pids there are; small, so that they are reused. */
  readonly pidsMax: number;
  /** Every line, as it happens. */
  readonly onLine?: (line: string) => void;
}

/** One master on one machine. */
export class Simulator {
  state: MasterState;
  readonly os: SimOs;
  readonly coverage = new Coverage();
  /** Transitions so far. */
  steps = 0;
  readonly #checker: Checker;
  readonly #random: Prng;
  readonly #recent = new Ring<Transition>(LINES_MAX);
  readonly #onLine: ((line: string) => void) | undefined;

  constructor(options: SimulatorOptions) {
    this.state = initialState(options.policy, options.seed);
    this.os = new SimOs(options);
    this.#checker = new Checker(this.os);
    this.#random = createPrng(options.seed ^ 0x71c4);
    this.#onLine = options.onLine;
    // The shell reads the first configuration before there is a state.
    const generation = toGeneration(1);
    this.os.perform({ kind: "loadConfig", generation });
  }

  /** The last transitions, one line each. */
  get lines(): readonly string[] {
    return this.#recent.toArray().map(formatTransition);
  }

  /** Whether the master has left. */
  get hasExited(): boolean {
    return this.os.exitCode !== undefined;
  }

  /**
   * One transition, at the latest at `until`; false when nothing happened by
   * then. Throws BrokenRule.
   */
  tick(until = Infinity): boolean {
    if (this.hasExited) return false;
    const event = this.#next(until);
    if (event === undefined) return false;
    this.#apply(event);
    return true;
  }

  /** Transitions until `isDone` or the time is over; whether it is done. */
  run(isDone: () => boolean, withinMs: number): boolean {
    const until = this.os.now + withinMs;
    while (!isDone()) {
      if (!this.tick(until)) return isDone();
    }
    return true;
  }

  /** Let the time pass. */
  pass(ms: number): void {
    const until = toInstant(this.os.now + ms);
    this.run(() => false, ms);
    this.os.advance(until);
  }

  /** Report a rule that somebody else found broken. */
  fail(...rules: readonly string[]): never {
    throw new BrokenRule(rules, this.lines);
  }

  #next(until: number): MasterEvent | undefined {
    for (;;) {
      const due = nextDeadline(this.state);
      if (this.os.hasEvent) {
        // The timer may be served before what waits, or after.
        const isDue = due !== undefined && due <= this.os.now;
        if (isDue && this.#random.chance(0.5)) return { kind: "timerFired" };
        const event = this.os.take();
        if (event !== undefined) return event;
        continue;
      }
      const next = this.os.agenda.next;
      const isTimer = due !== undefined && (next === undefined || due < next);
      const at = isTimer ? due : next;
      if (at === undefined || at > until) return undefined;
      if (!isTimer) this.#happen();
      else if (this.#oversleep(due)) this.#catchUp();
      else return { kind: "timerFired" };
    }
  }

  /** The next thing on the machine's agenda. */
  #happen(): void {
    const entry = this.os.agenda.take();
    if (entry === undefined) return;
    this.os.advance(entry.at);
    entry.run();
  }

  /** Sleep until the timer; true when it became so late that others came. */
  #oversleep(due: Instant): boolean {
    const { os } = this;
    const lateMs = this.#latenessMs();
    if (lateMs > 0) os.lateMs += lateMs;
    os.advance(toInstant(Math.max(os.now, due) + lateMs));
    const { next } = os.agenda;
    return next !== undefined && next <= os.now;
  }

  #latenessMs(): number {
    const { conditions, agenda } = this.os;
    if (conditions.hits("timerLate")) return conditions.int("timerLate", 4000);
    if (conditions.hits("masterStopped")) {
      return conditions.int("masterStopped", 60_000);
    }
    if (!conditions.hits("suspended")) return 0;
    const lateMs = conditions.int("suspended", 3_600_000);
    agenda.delayAll(lateMs);
    return lateMs;
  }

  /** What happened while the master slept is on the queue when it wakes. */
  #catchUp(): void {
    const { agenda, now } = this.os;
    while (agenda.next !== undefined && agenda.next <= now) this.#happen();
  }

  #apply(event: MasterEvent): void {
    const { now } = this.os;
    const before = this.state;
    const { state: after, effects } = step(before, event, now);
    const transition: Transition = { now, before, event, after, effects };
    this.steps += 1;
    this.#recent.push(transition);
    this.#onLine?.(formatTransition(transition));
    this.coverage.note(transition);
    const broken = [...this.#checker.beforeEffects(transition)];
    for (const effect of effects) this.os.perform(effect);
    this.state = after;
    if (event.kind === "timerFired") this.os.lateSeenMs = this.os.lateMs;
    broken.push(...this.#checker.afterEffects(transition));
    if (broken.length > 0) this.fail(...broken);
  }
}
