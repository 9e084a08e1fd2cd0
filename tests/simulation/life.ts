/**
 * One random life of a master, in TigerBeetle's two phases. Safety: anything
 * may go wrong, and no rule may be broken. Liveness: the faults stop, and
 * within the policy's worst case everything wanted must serve the newest
 * generation that was accepted; then the master is told to end, and must.
 *
 * The seed decides everything: the policy, the configurations, the faults,
 * the operator, the machine.
 */

import type { Prng } from "../../src/base/prng.ts";
import { createPrng } from "../../src/base/prng.ts";
import { toMilliseconds } from "../../src/base/unit.ts";
import type { Policy } from "../../src/core/master/policy.ts";
import { DEFAULT_POLICY } from "../../src/core/master/policy.ts";
import { RandomConditions } from "./condition.ts";
import type { Coverage } from "./coverage.ts";
import type { Fault, FaultSet } from "./fault.ts";
import { Faults } from "./fault.ts";
import { drawConfig, Operator } from "./operator.ts";
import { unsettled } from "./settled.ts";
import { BrokenRule, Simulator } from "./simulator.ts";

/** What a life is asked for. */
export interface LifeOptions {
  readonly seed: number;
  /** Faults it may have; without it: those it draws. */
  readonly only?: FaultSet;
  /** Transitions at most; reaching them is no failure. */
  readonly stepsMax?: number;
  readonly onLine?: (line: string) => void;
}

/** What became of it. */
export interface LifeReport {
  readonly seed: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly spawns: number;
  readonly accepted: number;
  readonly lostByOrder: number;
  readonly lostByFault: number;
  readonly faults: ReadonlyMap<Fault, number>;
  readonly drawn: readonly Fault[];
  readonly coverage: Coverage;
  readonly failure: BrokenRule | undefined;
}

/** Live one life. */
export function live(options: LifeOptions): LifeReport {
  const life = new Life(options);
  const failure = life.run();
  const { sim, faults } = life;
  const { accepted, lostByOrder, lostByFault } =
    sim.os.resources.sockets.counts;
  return {
    seed: options.seed,
    steps: sim.steps,
    simulatedMs: sim.os.now,
    spawns: sim.os.spawns,
    accepted,
    lostByOrder,
    lostByFault,
    faults: faults.counts,
    drawn: faults.drawn,
    coverage: sim.coverage,
    failure,
  };
}

/** Reaching the wanted number of steps ends a life without a verdict. */
class EnoughSteps extends Error {}

class Life {
  readonly sim: Simulator;
  readonly faults: Faults;
  readonly #random: Prng;
  readonly #operator: Operator;
  readonly #stepsMax: number;

  constructor({ seed, only, stepsMax, onLine }: LifeOptions) {
    const random = createPrng(seed);
    this.#random = random;
    this.#stepsMax = stepsMax ?? Infinity;
    this.faults = new Faults(seed, only);
    const policy = drawPolicy(random);
    // A start with a bad configuration is a short life.
    const isWrong = random.chance(0.01) ? { wrong: "no configuration" } : {};
    this.sim = new Simulator({
      policy,
      config: { ...drawConfig(random), ...isWrong },
      conditions: new RandomConditions(this.faults, seed),
      seed,
      // So few that each is reused every few spawns.
      pidsMax: policy.slotsMax + 1 + random.int(12),
      ...onLine === undefined ? {} : { onLine },
    });
    this.#operator = new Operator(this.sim.os, seed);
  }

  /** Live it; what was broken. */
  run(): BrokenRule | undefined {
    try {
      this.#safety();
      if (!this.sim.hasExited) this.#liveness();
      if (!this.sim.hasExited) this.#end();
      return undefined;
    } catch (error) {
      if (error instanceof BrokenRule) return error;
      if (error instanceof EnoughSteps) return undefined;
      // An invariant inside the core: as bad as a rule of ours.
      const text = error instanceof Error ? `${error.stack}` : `${error}`;
      return new BrokenRule([`THROWN ${text}`], this.sim.lines);
    }
  }

  #safety(): void {
    // Most starts go well, or most lives would be over before they begin.
    if (this.#random.chance(0.7)) {
      this.faults.stop();
      this.#run(() => this.sim.state.mode !== "starting", 60_000);
      this.faults.resume();
    }
    const steps = 20 + this.#random.int(this.#random.pick([60, 400, 1500]));
    const last = this.sim.steps + steps;
    this.#run(() => this.sim.steps >= last, 30 * 86_400_000);
  }

  #liveness(): void {
    this.#operator.leave();
    this.faults.stop();
    this.sim.os.heal();
    // Only a reload cures a worker that exited with 2: sometimes it comes.
    // So it is for a master that was told to accept nothing.
    if (this.#random.chance(0.5)) {
      const { config } = this.sim.os;
      const healthy = config.wrong === undefined
        ? config
        : drawConfig(this.#random);
      this.sim.os.config = healthy;
      this.sim.os.raise("SIGHUP");
    }
    this.#settle();
  }

  #settle(): void {
    const boundMs = worstCaseMs(this.sim.state.policy);
    this.sim.pass(0);
    const isDone = () => this.sim.hasExited || unsettled(this.sim).length === 0;
    if (!this.#run(isDone, boundMs)) {
      this.sim.fail(...unsettled(this.sim).map((rule) => `P11 ${rule}`));
    }
    // A while later nothing has come apart again.
    this.#run(() => this.sim.hasExited, 20_000);
    if (this.sim.hasExited) return;
    const rules = unsettled(this.sim);
    if (rules.length > 0) {
      this.sim.fail(...rules.map((rule) => `P11 then ${rule}`));
    }
  }

  #end(): void {
    const signal = this.#random.pick(["SIGQUIT", "SIGTERM", "SIGINT"] as const);
    this.sim.os.raise(signal);
    const boundMs = worstCaseMs(this.sim.state.policy);
    const isRelaying = () => this.sim.state.mode === "relaying";
    this.#run(() => this.sim.hasExited || isRelaying(), boundMs);
    // PID 1 beside a new master that is ready: QUIT ends its own service and
    // makes it that one's init. Told again it passes that on, and ends with it.
    if (isRelaying()) this.sim.os.raise(signal);
    if (!this.#run(() => this.sim.hasExited, boundMs)) {
      this.sim.fail(`P11 told ${signal} and still here`);
    }
  }

  #run(isDone: () => boolean, withinMs: number): boolean {
    return this.sim.run(() => {
      if (isDone()) return true;
      if (this.sim.steps >= this.#stepsMax) throw new EnoughSteps();
      this.#operator.connect();
      return false;
    }, withinMs);
  }
}

/** Mostly the real numbers; sometimes tables so small that they are full. */
function drawPolicy(random: Prng): Policy {
  const isSmall = random.chance(0.3);
  return {
    ...DEFAULT_POLICY,
    slotsMax: isSmall ? 4 + random.int(8) : 24,
    isInit: random.chance(0.2),
    workersMax: random.chance(0.2) ? 3 : 6,
    backoffMaxMs: toMilliseconds(random.pick([1000, 30_000])),
    stableMs: toMilliseconds(random.pick([1000, 10_000])),
  };
}

/**
 * How long convergence may take once nothing fails: the longest backoff, a
 * start that was hanging and its successor, the longest drain, the ladder, the
 * bind retries, and what a forgiven timer adds.
 */
function worstCaseMs(policy: Policy): number {
  const startupMs = 5000;
  const drainMs = 8000 + policy.drainGraceMs;
  const ladderMs = (policy.ladderMs.at(-1) ?? 0) + policy.killRepeatMs;
  const bindMs = policy.bindAttemptsMax * policy.bindRetryMs;
  const reopenMs = 5000;
  const lateMs = 2 * policy.lateTimerMs + 4000;
  const upgradeMs = startupMs + policy.upgradeGraceMs + 2 * ladderMs;
  return policy.backoffMaxMs + upgradeMs + 3 * startupMs + 2 * drainMs +
    2 * ladderMs +
    bindMs + reopenMs + lateMs + 10_000;
}
