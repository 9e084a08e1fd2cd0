/**
 * What the simulated machine asks before it does something: how long, whether
 * it fails, what kind of child this will be. Stories answer by hand, random
 * runs by the faults they drew. Nothing here knows the master.
 */

import type { Exit } from "../../src/base/exit.ts";
import type { Prng } from "../../src/base/prng.ts";
import { createPrng } from "../../src/base/prng.ts";
import type { SystemError } from "../../src/base/system_error.ts";
import type { Instant } from "../../src/base/unit.ts";
import type { Fault, Faults } from "./fault.ts";
import type { ChildScript, Incident, SpawnRequest } from "./sim_child.ts";
import { GOOD_SCRIPT } from "./sim_child.ts";

/** The machine's moods. */
export interface Conditions {
  /** How long anything takes that takes a moment. */
  latencyMs(): number;
  /** What kind of child a spawn makes. */
  script(request: SpawnRequest): ChildScript;
  /** Why a spawn fails; undefined: it does not. */
  spawnError(now: Instant): SystemError | undefined;
  /** Why new addresses cannot be bound. */
  bindError(now: Instant, generation: number): SystemError | undefined;
  pidFileError(): SystemError | undefined;
  /** Whether something goes wrong here and now. */
  hits(fault: Fault): boolean;
  /** A whole number below `max` for the details of a fault. */
  int(fault: Fault, max: number): number;
  /** Whether incidents in the scripts still happen. */
  isRough(): boolean;
}

/** An operating error as the kernel would give it. */
export function systemError(
  call: string,
  code: keyof typeof ERRORS,
): SystemError {
  const { errno, text } = ERRORS[code];
  return { call, code, errno, text };
}

const ERRORS = {
  ENOEXEC: { errno: 8, text: "Exec format error" },
  EAGAIN: { errno: 11, text: "Resource temporarily unavailable" },
  ENOMEM: { errno: 12, text: "Cannot allocate memory" },
  EACCES: { errno: 13, text: "Permission denied" },
  EMFILE: { errno: 24, text: "Too many open files" },
  ENOSPC: { errno: 28, text: "No space left on device" },
  EADDRINUSE: { errno: 98, text: "Address already in use" },
  EADDRNOTAVAIL: { errno: 99, text: "Cannot assign requested address" },
} as const;

/** Nothing fails and everything takes 1 ms: where stories start from. */
export const CALM: Conditions = {
  latencyMs: () => 1,
  script: () => GOOD_SCRIPT,
  spawnError: () => undefined,
  bindError: () => undefined,
  pidFileError: () => undefined,
  hits: () => false,
  int: () => 0,
  isRough: () => true,
};

/** What the faults of a run make of the machine. */
export class RandomConditions implements Conditions {
  readonly #faults: Faults;
  readonly #random: Prng;
  #spawnRefusedUntil = 0;
  #spawnRefusal: SystemError = systemError("fork()", "EAGAIN");
  #addressFreeAt = 0;
  #addressTakenFor = 0;

  constructor(faults: Faults, seed: number) {
    this.#faults = faults;
    this.#random = createPrng(seed ^ 0x0c0de);
  }

  latencyMs(): number {
    return this.#random.chance(0.3) ? 0 : this.#random.int(15);
  }

  hits(fault: Fault): boolean {
    return this.#faults.hits(fault);
  }

  int(fault: Fault, max: number): number {
    return this.#faults.stream(fault).int(max);
  }

  isRough(): boolean {
    return this.#faults.isOn;
  }

  spawnError(now: Instant): SystemError | undefined {
    if (!this.#faults.isOn) return undefined;
    if (now < this.#spawnRefusedUntil) return this.#spawnRefusal;
    if (!this.hits("spawnRefused")) return undefined;
    const random = this.#faults.stream("spawnRefused");
    this.#spawnRefusedUntil = now + random.int(4000);
    const code = random.pick(["EAGAIN", "ENOMEM", "EMFILE"] as const);
    this.#spawnRefusal = systemError("fork()", code);
    return this.#spawnRefusal;
  }

  bindError(now: Instant, generation: number): SystemError | undefined {
    if (!this.#faults.isOn) return undefined;
    const inUse = systemError("bind() to 127.0.0.1:8080", "EADDRINUSE");
    const isNew = this.#addressTakenFor !== generation;
    if (!isNew && now < this.#addressFreeAt) return inUse;
    if (isNew && this.hits("addressInUse")) {
      // Up to 6 attempts: sometimes free in time, sometimes not.
      this.#addressTakenFor = generation;
      this.#addressFreeAt = now + this.int("addressInUse", 3500);
      return inUse;
    }
    if (!this.hits("bindRefused")) return undefined;
    const random = this.#faults.stream("bindRefused");
    const code = random.pick(["EACCES", "EADDRNOTAVAIL"] as const);
    return systemError("bind() to 127.0.0.1:80", code);
  }

  pidFileError(): SystemError | undefined {
    if (!this.hits("pidFileRefused")) return undefined;
    const random = this.#faults.stream("pidFileRefused");
    return random.chance(0.5)
      ? systemError('open() "procmgr.pid"', "ENOSPC")
      : systemError('flock() "procmgr.pid"', "EAGAIN");
  }

  script(request: SpawnRequest): ChildScript {
    const random = this.#random;
    return {
      ...GOOD_SCRIPT,
      bootMs: this.#bootMs(request),
      drainMs: this.hits("drainStuck") ? undefined : random.int(600),
      terminateMs: random.int(60),
      isObedient: !this.hits("terminateIgnored"),
      ready: this.#ready(),
      reopens: !this.hits("reopenedLost"),
      ...this.#death(),
      incidents: this.#incidents(),
      loadMs: random.int(3000),
      mesh: random.pick(["early", "late", "never"] as const),
    };
  }

  #bootMs({ startupTimeoutMs }: SpawnRequest): number | undefined {
    if (this.hits("bootHangs")) return undefined;
    if (!this.hits("bootSlow")) return 5 + this.#random.int(200);
    return startupTimeoutMs - 100 + this.int("bootSlow", 200);
  }

  #ready(): ChildScript["ready"] {
    if (this.hits("readyLost")) return { times: 0, delayMs: 0 };
    const delayMs = this.hits("readyLate") ? this.int("readyLate", 6000) : 0;
    return { times: this.hits("readyTwice") ? 2 : 1, delayMs };
  }

  #death(): Partial<ChildScript> {
    const causes = [
      ["execDies", "spawned"],
      ["bootDies", "booting"],
      ["bootFatal", "booting"],
      ["readyDies", "ready"],
    ] as const;
    for (const [fault, at] of causes) {
      if (!this.hits(fault)) continue;
      const exit = fault === "bootFatal" ? FATAL : this.#exit(fault);
      return { death: { at, afterMs: this.int(fault, 100), exit } };
    }
    return {};
  }

  #incidents(): readonly Incident[] {
    const incidents: Incident[] = [];
    const add = (fault: Fault, happening: Incident["happening"]) => {
      if (!this.hits(fault)) return;
      const isSoon = this.#faults.stream(fault).chance(0.5);
      const afterMs = this.int(fault, isSoon ? 200 : 20_000);
      incidents.push({ afterMs, happening });
    };
    add("crash", { kind: "dies", exit: this.#exit("crash") });
    add("crashFatal", { kind: "dies", exit: FATAL });
    add("quitsItself", { kind: "quits" });
    add("garbage", { kind: "babbles" });
    add("channelClosed", { kind: "closesChannel" });
    const isForGood = this.int("hang", 3) === 0;
    const forMs = isForGood ? undefined : this.int("hang", 8000);
    add("hang", { kind: "hangs", forMs });
    return incidents;
  }

  #exit(fault: Fault): Exit {
    return EXITS[this.int(fault, EXITS.length)] ?? FATAL;
  }
}

const FATAL: Exit = { kind: "code", code: 2 };

const EXITS: readonly Exit[] = [
  { kind: "code", code: 0 },
  { kind: "code", code: 1 },
  { kind: "code", code: 3 },
  { kind: "signal", signal: "SIGSEGV" },
  { kind: "signal", signal: "SIGKILL" },
  { kind: "signal", signal: "SIGABRT" },
];
