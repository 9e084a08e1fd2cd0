/**
 * What a story is told with: a master of one pool on a calm machine, and
 * verbs for what the story does and sees. Every rule of the checker holds in
 * stories too; breaking one ends the story.
 */

import { assert } from "@std/assert";
import { createPrng } from "../../src/base/prng.ts";
import { toInstant, toMilliseconds } from "../../src/base/unit.ts";
import type { ChildRef, ControlRequest } from "../../src/core/master/event.ts";
import type { Policy } from "../../src/core/master/policy.ts";
import { DEFAULT_POLICY } from "../../src/core/master/policy.ts";
import type { Signal } from "../../src/core/master/signal.ts";
import type { Phase } from "../../src/core/master/slot.ts";
import type { Conditions } from "./condition.ts";
import { CALM } from "./condition.ts";
import type { ConnectionCounts } from "./sim_socket.ts";
import type { Process } from "./sim_process.ts";
import type { SimConfig } from "./sim_resources.ts";
import type { SimChild } from "./sim_child.ts";
import { unsettled } from "./settled.ts";
import { Simulator } from "./simulator.ts";

/** What a story may choose of its configuration. */
export interface Wishes {
  readonly workers?: number;
  readonly startupTimeoutMs?: number;
  readonly drainTimeoutMs?: number;
  readonly generationsMax?: number;
  readonly address?: string;
  readonly pidPath?: string;
  readonly wrong?: string;
  /** A cache with these. */
  readonly zones?: readonly string[];
}

/** What a story may choose of its machine. */
export interface Circumstances extends Wishes {
  readonly conditions?: Partial<Conditions>;
  readonly policy?: Partial<Policy>;
  readonly pidsMax?: number;
}

/** A configuration of one pool named "web". */
export function configOf(wishes: Wishes): SimConfig {
  const { workers = 2, startupTimeoutMs = 5000, drainTimeoutMs = 0 } = wishes;
  const limits = {
    startupTimeoutMs: toMilliseconds(startupTimeoutMs),
    drainTimeoutMs: toMilliseconds(drainTimeoutMs),
  };
  return {
    plan: {
      pools: [{ name: "web", workers, limits }],
      generationsMax: wishes.generationsMax ?? 4,
      ...wishes.zones === undefined
        ? {}
        : { cache: { zones: wishes.zones, limits } },
    },
    addresses: { web: wishes.address ?? "web:a" },
    pidPath: wishes.pidPath ?? "procmgr.pid",
    ...(wishes.wrong === undefined ? {} : { wrong: wishes.wrong }),
  };
}

/** One story. */
export class Story {
  readonly sim: Simulator;

  constructor(circumstances: Circumstances = {}) {
    this.sim = new Simulator({
      policy: { ...DEFAULT_POLICY, ...circumstances.policy },
      config: configOf(circumstances),
      conditions: { ...CALM, ...circumstances.conditions },
      seed: 1,
      pidsMax: circumstances.pidsMax ?? 40,
    });
  }

  /** A master that runs, its first generation serving. */
  static running(circumstances: Circumstances = {}): Story {
    const story = new Story(circumstances);
    story.settles();
    return story;
  }

  /** Milliseconds since the master was started. */
  get now(): number {
    return this.sim.os.now;
  }

  /** The generation in force. */
  get generation(): number {
    return this.sim.state.generation;
  }

  get mode(): string {
    return this.sim.state.mode;
  }

  get exitCode(): number | undefined {
    return this.sim.os.exitCode;
  }

  get counts(): ConnectionCounts {
    return this.sim.os.resources.sockets.counts;
  }

  /** Send signals, all at once. */
  signal(...signals: readonly Signal[]): void {
    this.sim.os.raise(...signals);
  }

  /** Ask and wait; the token. */
  ask(request: ControlRequest): number {
    return this.sim.os.ask(request);
  }

  /** What the client with that token was told; undefined: nothing yet. */
  answer(token: number): boolean | undefined {
    return this.sim.os.clients.find(token)?.ok;
  }

  /** Write the configuration file. */
  edit(wishes: Wishes): void {
    this.sim.os.config = configOf(wishes);
  }

  /** Let time pass. */
  pass(ms: number): void {
    this.sim.pass(ms);
  }

  /** Wait for something; fail the story when it does not come in time. */
  until(what: string, isSo: () => boolean, withinMs = 60_000): void {
    if (!this.sim.run(isSo, withinMs)) this.sim.fail(`not in time: ${what}`);
  }

  /** Wait until everything wanted serves and nothing else is left. */
  settles(withinMs = 60_000): void {
    // What was just done must first be heard of.
    this.pass(1);
    const isSettled = () => unsettled(this.sim).length === 0;
    if (this.sim.run(isSettled, withinMs)) return;
    this.sim.fail(...unsettled(this.sim));
  }

  /** Wait for the master's exit and look at what it left. */
  exits(withinMs = 60_000): void {
    this.until("exit", () => this.sim.hasExited, withinMs);
  }

  /** How often a notice was said. */
  said(kind: string): number {
    return this.sim.coverage.notices.get(kind) ?? 0;
  }

  /** Every process, dead ones included that were not reaped. */
  processes(): readonly Process[] {
    return [...this.sim.os.processes.values()];
  }

  /** The child with that number; of the newest generation unless named. */
  child(ordinal: number, generation?: number): SimChild {
    const found = this.processes()
      .map(({ child }) => child)
      .filter((child) =>
        child.ordinal === ordinal && child.phase !== "dead" &&
        (generation === undefined || child.ref.generation === generation)
      )
      .sort((left, right) => right.ref.generation - left.ref.generation)[0];
    assert(found !== undefined, `no worker ${ordinal}`);
    return found;
  }

  /** The phases of the table, by row. */
  phases(): readonly Phase[] {
    return this.sim.state.slots.map(({ phase }) => phase);
  }

  /** A child says something that it did not mean to, or long ago. */
  hear(
    kind: "childReady" | "childReopened" | "childDraining",
    ref: ChildRef,
  ): void {
    this.sim.os.push({ kind, ...ref });
  }

  /** Clients connect, one each millisecond, for as long as that. */
  load(forMs: number): void {
    const { os } = this.sim;
    const random = createPrng(forMs);
    for (let ms = 0; ms < forMs; ms++) {
      os.later(ms, () => os.connect("web", (max) => random.int(max)));
    }
  }

  /** Everything stands still but the clock. */
  suspend(ms: number): void {
    const { os } = this.sim;
    os.agenda.delayAll(ms);
    os.lateMs += ms;
    os.advance(toInstant(os.now + ms));
  }
}
