/**
 * The people and programs around the master: who edits the configuration,
 * sends signals, asks on the control socket and connects to the service. Each
 * life draws how often they do what, so that some lives are all reloads and
 * others all TTIN and TTOU.
 */

import type { Prng } from "../../src/base/prng.ts";
import { createPrng } from "../../src/base/prng.ts";
import { toMilliseconds } from "../../src/base/unit.ts";
import type { ControlRequest } from "../../src/core/master/event.ts";
import type { CachePlan, PoolPlan } from "../../src/core/master/policy.ts";
import type { Signal } from "../../src/core/master/signal.ts";
import type { SimOs } from "./sim_os.ts";
import type { SimConfig } from "./sim_resources.ts";

const ACTS = [
  "reload",
  "edit",
  "reopen",
  "more",
  "fewer",
  "ask",
  "hangUp",
  "storm",
  "hurry",
  "noaccept",
  "orphan",
  "upgrade",
  "quit",
  "terminate",
] as const;

type Act = typeof ACTS[number];

const POOLS = ["web", "api", "jobs"] as const;

const STORMY: readonly [Signal, ...Signal[]] = [
  "SIGHUP",
  "SIGUSR1",
  "SIGTTIN",
  "SIGTTOU",
];

const REQUESTS: readonly [ControlRequest, ...ControlRequest[]] = [
  "reload",
  "reload",
  "reopen",
  "reopen",
  "quit",
  "terminate",
];

/** A configuration as an operator may write it. */
export function drawConfig(random: Prng): SimConfig {
  const count = random.chance(0.6) ? 1 : 1 + random.int(POOLS.length);
  const pools = POOLS.slice(0, count).map((name) => drawPool(name, random));
  const moved = random.chance(0.2) ? "b" : "a";
  return {
    plan: {
      pools,
      generationsMax: 1 + random.int(4),
      ...random.chance(0.4) ? { cache: drawCache(random) } : {},
    },
    addresses: Object.fromEntries(
      pools.map(({ name }) => [name, `${name}:${moved}`]),
    ),
    pidPath: random.chance(0.2) ? "other.pid" : "procmgr.pid",
  };
}

/** Sometimes a reload adds a zone, or takes one away. */
function drawCache(random: Prng): CachePlan {
  return {
    zones: random.chance(0.7) ? ["one"] : ["one", "two"],
    limits: {
      startupTimeoutMs: toMilliseconds(2000),
      drainTimeoutMs: toMilliseconds(random.pick([0, 2000])),
    },
  };
}

function drawPool(name: string, random: Prng): PoolPlan {
  return {
    name,
    workers: 1 + random.int(3),
    limits: {
      startupTimeoutMs: toMilliseconds(random.pick([500, 2000, 5000])),
      drainTimeoutMs: toMilliseconds(random.pick([0, 400, 2000, 8000])),
    },
  };
}

/** The world outside the machine. */
export class Operator {
  readonly #os: SimOs;
  readonly #random: Prng;
  readonly #weights: ReadonlyMap<Act, number>;
  readonly #quietMs: number;
  #isActive = true;

  constructor(os: SimOs, seed: number) {
    this.#os = os;
    this.#random = createPrng(seed ^ 0x0be7a);
    this.#quietMs = this.#random.pick([50, 500, 5000, 30_000]);
    this.#weights = new Map(
      ACTS.map((act) => [act, this.#drawWeight(act)]),
    );
    if (os.conditions.hits("starterLost")) {
      const delayMs = this.#random.int(2000);
      os.later(delayMs, () => os.push({ kind: "starterLost" }));
    }
    this.#next();
  }

  /** Nobody touches it any more. */
  leave(): void {
    this.#isActive = false;
  }

  /** Clients come now and then; called after each transition. */
  connect(): void {
    const pools = this.#os.resources.adopted?.plan.pools ?? [];
    const pool = this.#random.pick(pools);
    if (pool === undefined || !this.#random.chance(0.4)) return;
    const count = this.#random.int(4);
    for (let client = 0; client < count; client++) {
      this.#os.later(
        this.#random.int(20),
        () => this.#os.connect(pool.name, (max) => this.#random.int(max)),
      );
    }
  }

  #drawWeight(act: Act): number {
    const isEnd = act === "quit" || act === "terminate";
    if (isEnd) return this.#random.chance(0.5) ? 0.4 : 0;
    return this.#random.pick([0, 1, 1, 3, 10]);
  }

  #next(): void {
    const isBurst = this.#random.chance(0.4);
    const delayMs = this.#random.int(isBurst ? 60 : 2 * this.#quietMs);
    this.#os.later(delayMs, () => {
      if (!this.#isActive) return;
      this.#act(this.#draw());
      this.#next();
    });
  }

  #draw(): Act | undefined {
    const total = [...this.#weights.values()].reduce((sum, one) => sum + one);
    let left = this.#random.random() * total;
    for (const [act, weight] of this.#weights) {
      left -= weight;
      if (left < 0) return act;
    }
    return undefined;
  }

  #act(act: Act | undefined): void {
    switch (act) {
      case "reload":
        return this.#os.raise("SIGHUP");
      case "edit":
        return this.#edit();
      case "reopen":
        return this.#os.raise("SIGUSR1");
      case "more":
        return this.#os.raise("SIGTTIN");
      case "fewer":
        return this.#os.raise("SIGTTOU");
      case "ask":
        return this.#ask();
      case "hangUp":
        return this.#hangUp();
      case "storm":
        return this.#storm();
      case "hurry":
        // Everything an operator does when nothing seems to happen.
        return this.#os.raise("SIGHUP", "SIGUSR1", "SIGTTIN");
      case "orphan":
        return this.#os.orphan();
      case "noaccept":
        return this.#noaccept();
      case "upgrade":
        return this.#upgrade();
      case "quit":
        return this.#os.raise("SIGQUIT");
      case "terminate":
        return this.#os.raise(this.#random.pick(["SIGTERM", "SIGINT"]));
      case undefined:
        return;
    }
  }

  /** As a rule somebody brings the workers back. */
  #noaccept(): void {
    this.#os.raise("SIGWINCH");
    if (this.#random.chance(0.2)) return;
    this.#os.later(this.#random.int(3000), () => this.#os.raise("SIGHUP"));
  }

  /** By hand, or asked for and waited for; then anything. */
  #upgrade(): void {
    if (this.#random.chance(0.3)) this.#os.ask("upgrade");
    else this.#os.raise("SIGUSR2");
    const next = this.#random.int(800);
    const { successor } = this.#os;
    this.#os.later(next, () => {
      switch (this.#random.int(6)) {
        case 0:
          return this.#os.raise("SIGWINCH");
        case 1:
          return this.#os.raise("SIGHUP");
        case 2:
          return successor.die({ kind: "signal", signal: "SIGKILL" });
        case 3:
          return successor.die({ kind: "code", code: 0 });
        case 4:
          return this.#noaccept();
      }
    });
    // It does not stay beside the old one for ever.
    const end = next + this.#random.int(5000);
    this.#os.later(end, () => successor.die({ kind: "code", code: 0 }));
  }

  #edit(): void {
    const config = drawConfig(this.#random);
    const isBad = this.#os.conditions.hits("configBad");
    this.#os.config = isBad
      ? {
        ...config,
        wrong: "procmgr.jsonc:3:5: worker_processes: not a number",
      }
      : config;
    if (this.#random.chance(0.8)) this.#os.raise("SIGHUP");
  }

  #ask(): void {
    // An end that was asked for ends the life: rarer than the others.
    const request = this.#random.pick(REQUESTS);
    const isEnd = request === "quit" || request === "terminate";
    if (isEnd && !this.#random.chance(0.1)) return;
    const token = this.#os.ask(request);
    if (!this.#os.conditions.hits("clientGone")) return;
    const delayMs = this.#random.int(1000);
    this.#os.later(delayMs, () => this.#os.hangUp(token));
  }

  #hangUp(): void {
    const token = 1 + this.#random.int(this.#os.clients.size);
    if (this.#os.clients.size > 0) this.#os.hangUp(token);
  }

  #storm(): void {
    const count = 5 + this.#random.int(30);
    for (let gust = 0; gust < count; gust++) {
      const signal = this.#random.pick(STORMY);
      this.#os.later(this.#random.int(300), () => this.#os.raise(signal));
    }
    // Where lives may end early, some end in the middle of it all.
    const mayEnd = (this.#weights.get("quit") ?? 0) > 0;
    if (!mayEnd || !this.#random.chance(0.1)) return;
    this.#os.later(this.#random.int(300), () => this.#os.raise("SIGQUIT"));
  }
}
