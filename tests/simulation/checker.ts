/**
 * The external view: after every step, what the master decided is compared
 * with what the machine knows. `checkState` looks at the master's own value;
 * nothing here reads how a decision was made.
 *
 * Each rule answers with sentences that begin with its name; the properties
 * are those of style 4.17 (P2 live children, P3 pids, P4 one spawn at a time,
 * P5 no spawn after quit, P6 deadlines, P7 listeners, P8 backoff, P9 bad
 * configuration) and what a reload promises to operators and clients.
 */

import type { Pid, SlotIndex } from "../../src/base/id.ts";
import { checkState } from "../../src/core/master/check.ts";
import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { ChildRef, MasterEvent } from "../../src/core/master/event.ts";
import type { Plan } from "../../src/core/master/policy.ts";
import { isLive } from "../../src/core/master/slot.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import { BackoffChecker } from "./backoff_checker.ts";
import { ClientChecker } from "./client_checker.ts";
import { DeadlineChecker } from "./deadline_checker.ts";
import type { Transition } from "./transition.ts";
import { checkMailboxes } from "./mailbox_checker.ts";
import { HelperChecker } from "./helper_checker.ts";
import { isLeaving, nameOf } from "./transition.ts";
import { PlaceChecker } from "./place_checker.ts";
import { NOT_HEARD } from "./sim_client.ts";
import type { SimOs } from "./sim_os.ts";
import type { Process } from "./sim_process.ts";
import { UpgradeChecker } from "./upgrade_checker.ts";

/** The rules that need memory keep it here. */
export class Checker {
  readonly #os: SimOs;
  readonly #backoff = new BackoffChecker();
  readonly #deadlines: DeadlineChecker;
  readonly #clients: ClientChecker;
  readonly #places: PlaceChecker;
  readonly #helpers: HelperChecker;
  readonly #upgrades: UpgradeChecker;
  /** Slots whose spawn was not answered. */
  readonly #spawning = new Set<SlotIndex>();
  #generationBegun = 1;
  #lostBefore = 0;

  constructor(os: SimOs) {
    this.#os = os;
    this.#deadlines = new DeadlineChecker(os);
    this.#clients = new ClientChecker(os);
    this.#places = new PlaceChecker(os);
    this.#helpers = new HelperChecker(os);
    this.#upgrades = new UpgradeChecker(os);
  }

  /** Before the effects are performed: whom and what they name. */
  beforeEffects(step: Transition): readonly string[] {
    this.#noteAnswer(step.event);
    return [
      ...step.effects.flatMap((effect, index) =>
        this.#checkEffect(step, effect, index)
      ),
      ...this.#checkBadConfig(step),
      ...this.#clients.check(step),
      ...this.#upgrades.before(step),
      ...this.#deadlines.before(step),
      ...this.#backoff.check(step),
      ...this.#helpers.check(step),
    ];
  }

  /** After the effects: what the machine is like now. */
  afterEffects(step: Transition): readonly string[] {
    return [
      ...checkState(step.after).map((rule) => `checkState: ${rule}`),
      ...this.#checkTable(step.after),
      ...this.#checkTold(step),
      ...this.#places.check(step),
      ...this.#checkSteering(step.after),
      ...this.#checkDraining(step.after),
      ...this.#deadlines.after(step),
      ...this.#checkLost(),
      ...this.#upgrades.after(step),
      ...checkMailboxes(this.#os),
      ...this.#checkEnd(step),
    ];
  }

  #noteAnswer(event: MasterEvent): void {
    if (event.kind === "childSpawned" || event.kind === "spawnFailed") {
      this.#spawning.delete(event.slot);
    }
  }

  #checkEffect(
    step: Transition,
    effect: MasterEffect,
    index: number,
  ): readonly string[] {
    switch (effect.kind) {
      case "spawn":
        return this.#checkSpawn(step, effect);
      case "send":
      case "kill":
        return this.#checkNamed(step, effect);
      case "loadConfig":
        return this.#checkBegun(effect.generation);
      case "closeListeners":
        return isLeaving(step.after)
          ? []
          : [`P7 listeners closed while ${step.after.mode}`];
      case "abandonListeners":
        return effect.generation > step.before.generation
          ? []
          : [`P7 generation ${effect.generation} abandoned, it is in force`];
      case "adoptGeneration":
        return this.#checkAdopted(step, effect.generation);
      case "trimListeners":
        return this.#checkTrim(step.after.plan, effect);
      case "reapOrphan":
        return this.#os.pids.orphans.has(effect.process)
          ? []
          : [`P3 ${effect.process} is no orphan and is reaped`];
      case "exit":
        return index === step.effects.length - 1
          ? []
          : ["exit is not the last effect"];
      default:
        return [];
    }
  }

  #checkSpawn(
    { before, event, after }: Transition,
    { slot, generation }: Extract<MasterEffect, { readonly kind: "spawn" }>,
  ): readonly string[] {
    const broken: string[] = [];
    const isNoaccepting = before.noaccepting && after.noaccepting &&
      event.kind !== "signalled";
    if (isNoaccepting && generation === after.generation) {
      broken.push("P5 spawn after WINCH");
    }
    if (isLeaving(after)) broken.push(`P5 spawn while ${after.mode}`);
    if (this.#spawning.has(slot)) {
      broken.push(`P4 slot ${slot} spawns before its last spawn was answered`);
    }
    this.#spawning.add(slot);
    if (slot >= after.policy.slotsMax) {
      broken.push(`P2 spawn into slot ${slot} of ${after.policy.slotsMax}`);
    }
    return broken;
  }

  #checkNamed(
    { before, event, after }: Transition,
    effect: Extract<MasterEffect, { readonly kind: "send" | "kill" }>,
  ): readonly string[] {
    const process = this.#os.find(effect);
    const what = effect.kind === "kill" ? effect.signal : effect.command;
    if (process === undefined) {
      return [`P3 ${what} to ${nameOf(effect)}, which is none of ours`];
    }
    if (what === "init" || what === "reopen" || what === "SIGUSR1") return [];
    if (what === "SIGKILL") return checkKill(process, effect);
    if (after.mode !== "running" || before.mode !== "running") return [];
    return this.#isInForce(process, after) && !mayEnd(event, effect)
      ? [`P10 ${what} to ${nameOf(effect)}, which is wanted`]
      : [];
  }

  /** A worker of the generation in force that its plan still wants. */
  #isInForce({ child }: Process, state: MasterState): boolean {
    const { generation, noaccepting, plan } = state;
    if (noaccepting || child.ref.generation !== generation) return false;
    return child.helper !== undefined
      ? plan.cache !== undefined
      : plan.pools.some(({ name, workers }) =>
        name === child.pool && child.ordinal < workers
      );
  }

  #checkBegun(generation: number): readonly string[] {
    const isNew = generation > this.#generationBegun;
    this.#generationBegun = Math.max(generation, this.#generationBegun);
    return isNew ? [] : [`generation ${generation} is begun twice`];
  }

  /** The old may leave: every new worker must have said that it serves. */
  #checkAdopted(
    { after }: Transition,
    generation: number,
  ): readonly string[] {
    const ready = [...this.#os.processes.values()].filter((process) =>
      process.child.ref.generation === generation && isServing(process)
    );
    const config = after.plan;
    return config.pools.flatMap(({ name, workers }) => {
      const count = ready.filter(({ child }) => child.pool === name).length;
      return count >= workers ? [] : [
        `P10 generation ${generation} is in force with ${count} of ` +
        `${workers} workers of ${name} ready`,
      ];
    });
  }

  #checkTrim(
    plan: Plan,
    trim: { readonly pool: string; readonly workers: number },
  ): readonly string[] {
    const pool = plan.pools.find(({ name }) => name === trim.pool);
    return pool === undefined || trim.workers >= pool.workers
      ? []
      : [`P7 ${trim.pool} trimmed to ${trim.workers} of ${pool.workers}`];
  }

  #checkBadConfig(step: Transition): readonly string[] {
    const { before, event, after, effects } = step;
    if (event.kind !== "configRejected" || before.mode !== "running") return [];
    const { counts } = before;
    const kept = { ...after, changeover: undefined, waiters: [], counts };
    const had = { ...before, changeover: undefined, waiters: [] };
    const did = effects.filter(({ kind }) =>
      kind !== "log" && kind !== "reply" && kind !== "abandonListeners"
    );
    return JSON.stringify(kept) === JSON.stringify(had) && did.length === 0
      ? []
      : ["P9 a bad configuration changed more than the log"];
  }

  /** P3: the table and the machine have the same children. */
  #checkTable(after: MasterState): readonly string[] {
    const broken: string[] = [];
    const known = new Set<Pid>();
    after.slots.forEach((slot, index) => {
      if (!isLive(slot)) return;
      known.add(slot.pid);
      const process = this.#os.processes.get(slot.pid);
      const ref = process?.child.ref;
      if (ref?.slot !== index || ref.generation !== slot.generation) {
        broken.push(`P3 slot ${index} names pid ${slot.pid}, not its own`);
      } else if (slot.phase === "serving" && process?.readyAt === undefined) {
        broken.push(`slot ${index} serves and never said ready`);
      }
    });
    for (const { child, isAnnounced } of this.#os.processes.values()) {
      if (isAnnounced && !known.has(child.ref.pid)) {
        broken.push(`P2 child ${nameOf(child.ref)} is forgotten`);
      }
    }
    if (this.#os.processes.size > after.policy.slotsMax) {
      broken.push(`P2 ${this.#os.processes.size} children live`);
    }
    return broken;
  }

  /** P2: who is not wanted was told to end, and no place is held twice. */
  #checkTold({ after }: Transition): readonly string[] {
    const places = new Set<string>();
    const broken: string[] = [];
    for (const process of this.#os.processes.values()) {
      const { child } = process;
      if (process.isBroken && process.terminateAt === undefined) {
        broken.push(`${nameOf(child.ref)} sends garbage and is kept`);
      }
      if (!process.isAnnounced || isTold(process) || process.hasLeft) continue;
      const { generation } = child.ref;
      const isComing = after.changeover?.generation === generation;
      if (isLeaving(after) || (!isComing && !this.#isInForce(process, after))) {
        broken.push(`P2 ${nameOf(child.ref)} is not wanted and not told so`);
      }
      const place = `${generation}/${child.pool}/${child.ordinal}`;
      if (places.has(place)) broken.push(`P2 two workers are ${place}`);
      places.add(place);
    }
    return broken;
  }

  /** New connections go to those that serve; to all when nobody does. */
  #checkSteering(after: MasterState): readonly string[] {
    // A new master that is ready steers for both.
    if (after.mode !== "running" || after.upgrade?.stage === "ready") return [];
    return after.plan.pools.flatMap(({ name, workers }) => {
      const serving = new Set<number>();
      for (const process of this.#os.processes.values()) {
        const { child } = process;
        if (child.pool !== name || !isServing(process)) continue;
        if (this.#isInForce(process, after)) serving.add(child.ordinal);
      }
      const wanted = after.noaccepting
        ? [0]
        : serving.size > 0
        ? [...serving].sort((left, right) => left - right)
        : Array.from({ length: workers }, (_, index) => index);
      const steered = this.#os.resources.steered.get(name)?.join() ?? "nowhere";
      return steered === wanted.join() ? [] : [
        `pool ${name} is steered to ${steered} instead of ${wanted.join()}`,
      ];
    });
  }

  /** The cap on draining generations. */
  #checkDraining(after: MasterState): readonly string[] {
    if (after.mode !== "running") return [];
    const generations = new Set(
      after.slots.flatMap((slot) =>
        slot.phase === "draining" && slot.generation !== after.generation
          ? [slot.generation]
          : []
      ),
    );
    return generations.size <= after.plan.generationsMax ? [] : [
      `P2 ${generations.size} generations drain, ` +
      `${after.plan.generationsMax} may`,
    ];
  }

  #checkLost(): readonly string[] {
    const { lost, lostByOrder, lostByFault } =
      this.#os.resources.sockets.counts;
    const unexplained = lost - lostByOrder - lostByFault;
    const more = unexplained - this.#lostBefore;
    this.#lostBefore = unexplained;
    return more === 0 ? [] : [`LOST ${more} connections`];
  }

  /** The master is gone: nothing of it is left. */
  #checkEnd({ after }: Transition): readonly string[] {
    if (after.mode !== "exited") {
      return this.#os.exitCode === undefined ? [] : ["exit in passing"];
    }
    if (this.#os.exitCode === undefined) return ["exited without saying so"];
    const broken: string[] = [];
    if (this.#os.processes.size > 0) broken.push("END a child is left");
    if (this.#os.resources.pidFiles.size > 0) {
      broken.push("END a pid file is left");
    }
    if (this.#os.resources.sockets.all().some(({ isOurs }) => isOurs)) {
      broken.push("END a socket is left");
    }
    for (const [token, client] of this.#os.clients.all()) {
      // Who asked and was not heard yet sees the socket close.
      if (client.generation === NOT_HEARD) continue;
      if (!client.isGone && client.replies !== 1) {
        broken.push(`END client ${token} has ${client.replies} replies`);
      }
    }
    return broken;
  }
}

/** Serving as far as the master can know. */
export function isServing(process: Process): boolean {
  return process.isAnnounced && process.readyAt !== undefined &&
    !process.hasLeft && !isTold(process);
}

function isTold({ quitAt, terminateAt }: Process): boolean {
  return quitAt !== undefined || terminateAt !== undefined;
}

/** What may end a wanted worker: its own fault, and only that. */
function mayEnd(event: MasterEvent, ref: ChildRef): boolean {
  switch (event.kind) {
    case "timerFired":
      return true;
    case "channelBroken":
    case "sendFailed":
    case "childSpawned":
      return event.pid === ref.pid;
    default:
      return false;
  }
}

function checkKill(process: Process, ref: ChildRef): readonly string[] {
  return process.terminateAt === undefined
    ? [`SIGKILL to ${nameOf(ref)}, which was not terminated before`]
    : [];
}
