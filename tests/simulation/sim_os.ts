/**
 * The simulated machine. It performs master effects as `role/perform.ts` does
 * on the real one and answers through the one queue as `role/gather.ts` does;
 * there is no other way in or out. It knows the truth about its children,
 * sockets, pid files and clients, and the checker compares.
 *
 * Pids are few, so that they are reused every few spawns; the pid of a child
 * that was not reaped is never reused (man 2 waitpid), and a child is reaped
 * when the master takes its `childExited`.
 */

import type { Generation, Pid } from "../../src/base/id.ts";
import { unreachable } from "../../src/base/invariant.ts";
import type { Instant } from "../../src/base/unit.ts";
import { toInstant } from "../../src/base/unit.ts";
import type { MasterEffect } from "../../src/core/master/effect.ts";
import type {
  ChildRef,
  ControlRequest,
  MasterEvent,
} from "../../src/core/master/event.ts";
import type { Signal } from "../../src/core/master/signal.ts";
import { Agenda } from "./agenda.ts";
import type { Conditions } from "./condition.ts";
import { systemError } from "./condition.ts";
import type { Fault } from "./fault.ts";
import { SimMailboxes } from "./sim_mailbox.ts";
import { SimClients } from "./sim_client.ts";
import type { ChildHost, ChildMessage } from "./sim_child.ts";
import { MESSAGES, SimChild } from "./sim_child.ts";
import type { Process } from "./sim_process.ts";
import { newProcess, noteHeard, noteTold } from "./sim_process.ts";
import { SimQueue } from "./sim_queue.ts";
import type { SimConfig } from "./sim_resources.ts";
import { SimPids } from "./sim_pid.ts";
import { SimResources } from "./sim_resources.ts";
import { SimSignals } from "./sim_signal.ts";
import { SimSuccessor } from "./sim_successor.ts";

/** Messages a channel takes before it is full. */
const CHANNEL_CAPACITY = 4;

/** The machine. */
export class SimOs implements ChildHost {
  now: Instant = toInstant(0);
  /** How late timers and clocks were, in all. */
  lateMs = 0;
  /** As much of it as the master's timer has already met. */
  lateSeenMs = 0;
  /** The code of the `exit` effect, once it was performed. */
  exitCode: number | undefined;
  /** What an operator has put into the file. */
  config: SimConfig;
  /** The generation begun last. */
  generationLast = 0;
  readonly agenda = new Agenda();
  /** Everyone who was not reaped, by pid. */
  readonly processes = new Map<Pid, Process>();
  readonly resources: SimResources;
  readonly clients = new SimClients();
  readonly mailboxes = new SimMailboxes((ref) => this.find(ref) !== undefined);
  readonly conditions: Conditions;
  spawns = 0;
  reopens = 0;
  readonly pids: SimPids;
  readonly successor: SimSuccessor = new SimSuccessor(this);
  readonly #signals = new SimSignals((take) =>
    this.later(this.#delay("signalLate", 500), () => {
      const event = take();
      this.push(event);
      if (this.conditions.hits("signalTwice")) this.push(event);
    })
  );
  readonly #queue = new SimQueue((event) => this.#isCurrent(event));

  constructor(
    options: {
      readonly conditions: Conditions;
      readonly config: SimConfig;
      readonly pidsMax: number;
    },
  ) {
    this.conditions = options.conditions;
    this.config = options.config;
    this.pids = new SimPids(
      options.pidsMax,
      (pid) => this.processes.has(pid) || this.successor.pid === pid,
    );
    this.resources = new SimResources(
      options.conditions,
      () => this.#children(),
    );
    this.resources.sockets.elsewhere = this.successor;
  }

  /** Whether an event waits to be taken. */
  get hasEvent(): boolean {
    return this.#queue.length > 0;
  }

  /** The next event, with its consequences for what is known. */
  take(): MasterEvent | undefined {
    const event = this.#queue.take();
    if (event !== undefined) this.#note(event);
    return event;
  }

  /** Put an event on the queue: the world outside the machine may. */
  push(event: MasterEvent): void {
    this.#queue.push(event);
  }

  /** Send the master a signal; signals coalesce until it wakes up. */
  raise(...signals: readonly Signal[]): void {
    this.#signals.raise(signals);
  }

  /** Ask on the control socket; the token. */
  ask(request: ControlRequest): number {
    const token = this.clients.add(request);
    this.push({ kind: "controlRequested", token, request });
    return token;
  }

  /** The client goes away without its answer. */
  hangUp = (token: number): void => this.push({ kind: "controlClosed", token });

  /** A client of the service connects to an address that was promised. */
  connect(pool: string, pick: (max: number) => number): void {
    const socket = this.resources.connect(pool, pick);
    if (socket === undefined) return;
    const { address, ordinal } = socket;
    this.later(
      1 + pick(15),
      () => this.resources.sockets.accept(address, ordinal),
    );
  }

  /** A process that is nobody's child any more ends. */
  orphan(): void {
    const process = this.pids.orphan();
    if (process !== undefined) this.push({ kind: "processEnded", process });
  }

  /** Go on to an instant. */
  advance(to: Instant): void {
    if (to > this.now) this.now = to;
  }

  /** The faults are over: who hangs wakes up, stuck drains end. */
  heal(): void {
    for (const child of [...this.#children()]) {
      child.wake();
      if (child.script.drainMs === undefined) child.finishDrain();
    }
  }

  /** The process an effect or event names, if there is one. */
  find(ref: ChildRef): Process | undefined {
    const process = this.processes.get(ref.pid);
    if (process === undefined) return undefined;
    const { slot, generation } = process.child.ref;
    return slot === ref.slot && generation === ref.generation
      ? process
      : undefined;
  }

  /** Do what the master decided. */
  perform(effect: MasterEffect): void {
    const { resources } = this;
    switch (effect.kind) {
      case "loadConfig":
        return this.#loadConfig(effect.generation);
      case "openListeners":
        return this.#answer(resources.open(effect.generation, this.now));
      case "abandonListeners":
        return resources.abandon(effect.generation);
      case "adoptGeneration":
        return resources.adopt(effect.generation);
      case "closeListeners":
        resources.filesLeft = effect.isShared;
        return resources.sockets.closeAll();
      case "steer":
        return void resources.steered.set(effect.pool, effect.ordinals);
      case "trimListeners":
        return resources.trim(effect.pool, effect.workers);
      case "writePidFile":
        return this.#answer(resources.writePidFile(effect.generation));
      case "removePidFile":
        this.successor.inherit();
        return resources.pidFiles.clear();
      case "execUpgrade":
        resources.isShared = true;
        return this.successor.perform(effect);
      case "renamePidFile":
      case "restorePidFile":
      case "killUpgrade":
      case "releaseUpgrade":
      case "relaySignal":
      case "findMaster":
        return this.successor.perform(effect);
      // This master was executed by nobody: predecessor_test.ts.
      case "tellPredecessor":
      case "adoptSockets":
      case "log":
        return;
      case "spawn":
        return this.#spawn(effect);
      case "send":
        return this.#send(effect);
      case "openMailboxes":
        return this.mailboxes.open(effect);
      case "closeMailboxes":
        return this.mailboxes.close(effect);
      case "kill":
        return this.#kill(effect);
      case "reapOrphan":
        return this.push(this.pids.reap(effect.process));
      case "reopenLogs":
        return void this.reopens++;
      case "reply":
        return this.clients.reply(effect.token, effect.outcome.ok);
      case "exit":
        return void (this.exitCode = effect.code);
      default:
        return unreachable(effect);
    }
  }

  later(afterMs: number, run: () => void): void {
    this.agenda.add(toInstant(this.now + afterMs), run);
  }

  tell(child: SimChild, message: ChildMessage, delayMs = 0): void {
    if (delayMs > 0) {
      this.later(delayMs, () => this.tell(child, message));
      return;
    }
    const process = this.find(child.ref);
    if (process === undefined || child.isChannelClosed) return;
    if (child.phase === "dead") return;
    for (const event of eventsOf(child, message)) this.#report(process, event);
  }

  onAccepting({ address, ordinal }: SimChild): void {
    this.later(
      this.conditions.latencyMs(),
      () => this.resources.sockets.accept(address, ordinal),
    );
  }

  onReleased(child: SimChild): void {
    const { quitAt } = this.find(child.ref) ?? {};
    const isOrdered = quitAt !== undefined && !child.leftBySignal;
    if (!isOrdered) this.resources.sockets.disturb(child);
    this.resources.sockets.onReleased(child);
  }

  onDead(child: SimChild): void {
    if (child.diedIn !== "draining") this.resources.sockets.disturb(child);
    this.resources.sockets.onReleased(child);
    const process = this.find(child.ref);
    const { exit } = child;
    if (process === undefined || exit === undefined) return;
    if (this.conditions.hits("exitPeeked")) {
      const ended = { kind: "processEnded", process: child.ref.pid } as const;
      this.#report(process, ended);
    }
    const delayMs = this.#delay("exitLate", 2000);
    const event = { kind: "childExited", exit, ...child.ref } as const;
    this.#report(process, event, delayMs);
    if (this.conditions.hits("exitTwice")) {
      this.#report(process, this.#queue.late(event));
    }
    process.isReported = true;
  }

  isRough(): boolean {
    return this.conditions.isRough();
  }

  freePid = (): Pid | undefined => this.pids.free();

  onSockets = (): void => this.resources.sockets.onElsewhere();

  #delay(fault: Fault, maxMs: number): number {
    const { conditions } = this;
    return conditions.hits(fault) ? conditions.int(fault, maxMs) : 0;
  }

  #children(): Iterable<SimChild> {
    return [...this.processes.values()].map(({ child }) => child);
  }

  /** Events of one child arrive in order, whatever each takes. */
  #report(process: Process, event: MasterEvent, delayMs = 0): void {
    if (process.isReported) return;
    const soonest = this.now + delayMs + this.conditions.latencyMs();
    process.arrivesAt = Math.max(process.arrivesAt, soonest);
    process.sent.push(event);
    // A suspended machine delays what is on its way, and not what follows.
    this.agenda.add(toInstant(process.arrivesAt), () => {
      const oldest = process.sent.shift();
      if (oldest !== undefined) this.push(oldest);
    });
  }

  #answer(event: MasterEvent & { readonly generation: Generation }): void {
    this.later(this.conditions.latencyMs(), () => this.push(event));
    if (!this.conditions.hits("lateAnswer")) return;
    const late = this.#queue.late(event);
    const delayMs = this.conditions.int("lateAnswer", 3000);
    this.later(delayMs, () => this.push(late));
  }

  /** Whether a late event would be no lie, because its subject is back. */
  #isCurrent(event: MasterEvent): boolean {
    if ("slot" in event && "pid" in event) return !!this.find(event);
    return "generation" in event && event.generation === this.generationLast;
  }

  #note(event: MasterEvent): void {
    this.clients.note(event, this.generationLast);
    if (event.kind === "upgradeExited") this.successor.reap(event.pid);
    if (!("slot" in event) || !("pid" in event)) return;
    const process = this.find(event);
    if (process === undefined) return;
    if (event.kind === "childExited") this.#reap(process);
    else noteHeard(process, event.kind, this.now);
  }

  #reap({ child }: Process): void {
    this.processes.delete(child.ref.pid);
    this.mailboxes.forget(child.ref);
    this.#queue.haunt(child.ref, this);
  }

  #loadConfig(generation: Generation): void {
    this.generationLast = generation;
    this.#answer(this.resources.load(generation, this.config));
  }

  #spawn(request: Extract<MasterEffect, { readonly kind: "spawn" }>): void {
    const { slot, generation, pool, ordinal, helper } = request;
    this.spawns += 1;
    // One worker more than configured (TTIN) gets its socket now.
    const place = this.resources.placeOf(request);
    if (place === undefined) return;
    const { address, startupTimeoutMs, zones } = place;
    const pid = this.freePid();
    const error = this.conditions.spawnError(this.now) ??
      (pid === undefined ? systemError("fork()", "EAGAIN") : undefined);
    if (error !== undefined || pid === undefined) {
      this.resources.sockets.disturb({ address, ordinal });
      const reason = error ?? systemError("fork()", "EAGAIN");
      const event = { kind: "spawnFailed", slot, generation } as const;
      const delayMs = this.conditions.latencyMs();
      return this.later(delayMs, () => this.push({ ...event, error: reason }));
    }
    const script = this.conditions.script({ ...request, startupTimeoutMs });
    const ref: ChildRef = { slot, generation, pid };
    const identity = { ref, pool, ordinal, address, script, helper, zones };
    const child = new SimChild(this, identity);
    const process = newProcess(child);
    this.processes.set(pid, process);
    this.#report(process, { kind: "childSpawned", ...ref });
    this.#queue.hauntFormer(pid, this);
  }

  #send(effect: Extract<MasterEffect, { readonly kind: "send" }>): void {
    const process = this.find(effect);
    if (process === undefined) return;
    const { command } = effect;
    const { child } = process;
    noteTold(process, command, this);
    const isFull = process.unread >= CHANNEL_CAPACITY ||
      this.conditions.hits("channelFull");
    if (child.phase === "dead" || child.isChannelClosed || isFull) {
      if (command === "quit") this.resources.sockets.disturb(child);
      this.#report(process, { kind: "sendFailed", command, ...child.ref });
      return;
    }
    process.unread += 1;
    const lingers = command === "quit" && effect.linger === true;
    this.later(this.conditions.latencyMs(), () => {
      child.receive(lingers ? "linger" : command, () => {
        process.unread -= 1;
      });
    });
  }

  #kill(effect: Extract<MasterEffect, { readonly kind: "kill" }>): void {
    const process = this.find(effect);
    if (process === undefined) return;
    if (effect.signal === "SIGKILL") process.killAt ??= this.now;
    if (this.conditions.hits("killRaced")) {
      process.child.die({ kind: "code", code: 0 });
    }
    process.child.signal(effect.signal);
  }
}

/** What the master hears when a child says something. */
function eventsOf(
  { ref, zones }: SimChild,
  message: ChildMessage,
): readonly MasterEvent[] {
  return message === "zoneLoaded"
    ? zones.map((zone) => ({ kind: message, zone, ...ref }))
    : [{ ...MESSAGES[message], ...ref }];
}
