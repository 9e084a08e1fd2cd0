/**
 * What may go wrong, how often in this run, and how often it did. Swarm
 * testing: each run draws its own set of faults and their probabilities, so
 * that one frequent fault does not hide what two rare ones do together.
 *
 * Every fault has a stream of numbers of its own, so that switching one off
 * (to shrink a failing run) leaves the others as they were.
 * Source: Groce et al., Swarm Testing (2012); TigerBeetle's VOPR.
 */

import type { Prng } from "../../src/base/prng.ts";
import { createPrng } from "../../src/base/prng.ts";

/** Everything that may go wrong. */
export const FAULTS = [
  /** spawn: EAGAIN, ENOMEM or EMFILE, for a while. */
  "spawnRefused",
  /** exec went well and the child died at once. */
  "execDies",
  "bootDies",
  /** Exit code 2 while booting. */
  "bootFatal",
  "bootHangs",
  /** Around the startup timeout. */
  "bootSlow",
  /** It dies in the moment it should say ready, before or after. */
  "readyDies",
  "readyLost",
  "readyLate",
  "readyTwice",
  /** A serving worker dies: any code but 2, or a signal. */
  "crash",
  "crashFatal",
  /** Told to quit by somebody else than the master. */
  "quitsItself",
  /** The event loop stands still, for a while or for good. */
  "hang",
  "garbage",
  /** The child's end of the channel is closed, without an exit. */
  "channelClosed",
  "channelFull",
  "terminateIgnored",
  "drainStuck",
  "reopenedLost",
  /** It dies between the decision to kill it and the kill. */
  "killRaced",
  "exitLate",
  "exitTwice",
  /** A child's end is seen before its exit is told, as an orphan's would be. */
  "exitPeeked",
  /** A message of a child that was reaped long ago. */
  "lateMessage",
  /** The answer to an order of a superseded generation, again. */
  "lateAnswer",
  "signalTwice",
  /** Signals wait for each other and arrive as one set. */
  "signalLate",
  "configBad",
  "addressInUse",
  /** bind: EACCES, EADDRNOTAVAIL. */
  "bindRefused",
  /** Pid file: ENOSPC, or EAGAIN because somebody holds the lock. */
  "pidFileRefused",
  /** An `.oldbin` is there, or the folder is read-only. */
  "oldbinRefused",
  /** The new master: no such program, or none of this machine. */
  "upgradeRefused",
  /** It dies while it starts or a little later. */
  "upgradeDies",
  /** It never becomes ready. */
  "upgradeHangs",
  "clientGone",
  /** The start command is killed. */
  "starterLost",
  "timerLate",
  /** Everything stood still but the clock. */
  "suspended",
  /** The master stood still and the world went on. */
  "masterStopped",
] as const;

/** One kind of fault. */
export type Fault = typeof FAULTS[number];

/** How likely a fault is in a run that has it. */
const LIKELY: readonly [number, ...number[]] = [0.01, 0.03, 0.1, 0.3, 0.6];

/** These are drawn at every timer, the others now and then. */
const RARE: readonly Fault[] = ["timerLate", "suspended", "masterStopped"];

/** Which faults a run may have; without it: its own draw. */
export type FaultSet = ReadonlySet<Fault>;

/** One run's faults. */
export class Faults {
  /** How often each was injected. */
  readonly counts = new Map<Fault, number>();
  readonly #chances = new Map<Fault, number>();
  readonly #streams = new Map<Fault, Prng>();
  #isOn = true;

  constructor(seed: number, only?: FaultSet) {
    const swarm = createPrng(seed ^ 0x5eed);
    const share = swarm.pick([0, 0.15, 0.3, 0.6]);
    FAULTS.forEach((fault, index) => {
      const isDrawn = swarm.chance(share);
      const likely = swarm.pick(LIKELY) / (RARE.includes(fault) ? 8 : 1);
      const isIn = isDrawn && (only === undefined || only.has(fault));
      this.#chances.set(fault, isIn ? likely : 0);
      const mixed = seed ^ Math.imul(index + 1, 0x9e3779b9);
      this.#streams.set(fault, createPrng(mixed));
    });
  }

  /** Whether faults happen at all at the moment. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** The faults this run may see. */
  get drawn(): readonly Fault[] {
    return FAULTS.filter((fault) => (this.#chances.get(fault) ?? 0) > 0);
  }

  /** Whether this one happens now; counted if so. */
  hits(fault: Fault): boolean {
    if (!this.#isOn) return false;
    const chance = this.#chances.get(fault) ?? 0;
    if (chance === 0 || !this.stream(fault).chance(chance)) return false;
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    return true;
  }

  /** Numbers for the details of a fault. */
  stream(fault: Fault): Prng {
    return this.#streams.get(fault) ?? createPrng(0);
  }

  /** From here on, or until `resume`, nothing goes wrong. */
  stop(): void {
    this.#isOn = false;
  }

  resume(): void {
    this.#isOn = true;
  }
}
