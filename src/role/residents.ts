/**
 * `master_process: false`: the workers live in this process. To the core they
 * are children like any: spawned, told, ready, drained, gone. So a reload, a
 * failed one, every timeout and `--wait` are decided by the same code as with
 * processes. A generation's app is a module instance of its own.
 *
 * What a process of its own would have given is not there: user, limits and
 * environment are the master's, and an error that nobody caught ends it all.
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_single_process_cycle, which
 * serves no more after a HUP (its weakness W19).
 */

import { Broadcasts, NOBODY } from "../app/broadcast.ts";
import { EXIT_CODE } from "../base/exit_code.ts";
import type { Fd, Pid, SlotIndex } from "../base/id.ts";
import { PID_MAX, toFd, toPid } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import type { FromChild, Init } from "../channel/message.ts";
import type { MasterEffect } from "../core/master/effect.ts";
import type { ChildRef } from "../core/master/event.ts";
import { namedError } from "../os/errno.ts";
import { duplicate } from "../os/fd.ts";
import { messageEvent } from "./child_event.ts";
import { type ChildrenPort, LINGER_MS } from "./children.ts";
import type { Inbox } from "./gather.ts";
import { Service, type ServiceHost } from "./service.ts";
import type { Birth, SpawnEffect } from "./spawner.ts";
import { catchUncaught } from "./uncaught.ts";

/** Nothing is handed over within a process. */
const NO_HANDOFF = -1;

/** A worker of this process. */
interface Resident {
  readonly ref: ChildRef;
  readonly init: Init;
  readonly service: Service;
}

/** Every worker of this process. */
export class Residents implements ChildrenPort {
  readonly #residents = new Map<SlotIndex, Resident>();
  readonly #broadcasts = new Map<string, Broadcasts>();
  readonly #inbox: Inbox;
  readonly #onGone: () => void;
  readonly #listenLast = catchUncaught((reason) => this.#crash(reason));
  #pidLast = PID_MAX;

  /** `onGone` is called after a worker's sockets are free. */
  constructor(inbox: Inbox, onGone: () => void) {
    this.#inbox = inbox;
    this.#onGone = onGone;
  }

  /** Whether a worker accepts on that socket. */
  isHeld(fd: Fd): boolean {
    return [...this.#residents.values()].some(({ init }) =>
      init.listeners.some((listener) => listener.fd === fd)
    );
  }

  /** A worker is there; it begins when it is told its part. */
  spawn({ slot, generation }: SpawnEffect, birth: Result<Birth>): void {
    const told = birth.ok ? birth.value.init : undefined;
    if (told === undefined || told.role !== "worker") {
      const error = birth.ok ? namedError("ENOSYS", "spawn()") : birth.error;
      this.#inbox.push({ kind: "spawnFailed", slot, generation, error });
      return;
    }
    const init = { ...told, handoff: NO_HANDOFF };
    const ref = { slot, generation, pid: this.#nextPid() };
    const service = new Service(this.#hostOf(ref, init));
    this.#residents.set(slot, { ref, init, service });
    this.#inbox.push({ kind: "childSpawned", ...ref });
  }

  /** Tell a worker. */
  send(effect: Extract<MasterEffect, { readonly kind: "send" }>): void {
    const resident = this.#find(effect);
    if (resident === undefined) return;
    const { service, init } = resident;
    switch (effect.command) {
      case "init":
        setEnvironment(init);
        service.openLog(init);
        return void service.openStores(init).then(() => service.start(init));
      case "quit": {
        const lingerMs = effect.linger === true ? LINGER_MS : 0;
        return service.receive({ kind: "quit", lingerMs });
      }
      default:
        return service.receive({ kind: effect.command });
    }
  }

  /** There is no process to kill: it is ended at once, whatever the signal. */
  kill(effect: Extract<MasterEffect, { readonly kind: "kill" }>): void {
    this.#find(effect)?.service.receive({ kind: "terminate" });
  }

  /** They need none: the channels of a pool are all here. */
  openMailboxes(): void {}

  closeMailboxes(): void {}

  #broadcastsOf(pool: string): Broadcasts {
    const present = this.#broadcasts.get(pool) ?? new Broadcasts(NOBODY);
    this.#broadcasts.set(pool, present);
    return present;
  }

  #find({ slot, pid }: ChildRef): Resident | undefined {
    const resident = this.#residents.get(slot);
    return resident?.ref.pid === pid ? resident : undefined;
  }

  /** No process has such a pid: see man 5 proc, pid_max. */
  #nextPid(): Pid {
    return toPid(++this.#pidLast);
  }

  #hostOf(ref: ChildRef, init: Init): ServiceHost {
    const tell = (message: FromChild): void =>
      this.#inbox.pushMessage(messageEvent(message, ref, init));
    return {
      tell,
      reopened: () => {},
      retitle: () => {},
      // Without helpers there is no cache manager: docs/configuration.md.
      sendToManager: () => true,
      sent: () => Promise.resolve(),
      broadcast: (name) => this.#broadcastsOf(init.pool).open(name),
      listenLast: this.#listenLast,
      // The first instance is the module itself.
      query: init.generation > 1 ? `?generation=${init.generation}` : "",
      // The socket stays the master's: what the server closes is a copy.
      takeListener: (fd) => duplicate(toFd(fd)),
      leave: (code) => {
        this.#residents.delete(ref.slot);
        this.#onGone();
        const exit = { kind: "code", code } as const;
        this.#inbox.push({ kind: "childExited", exit, ...ref });
      },
    };
  }

  /** Whose error it was cannot be told: the newest worker has it. */
  #crash(reason: string): void {
    const newest = [...this.#residents.values()].at(-1);
    if (newest === undefined) Deno.exit(EXIT_CODE.FAILED);
    newest.service.take({ kind: "appCrashed", reason });
  }
}

/** Of what a worker process does to itself this alone makes sense here. */
function setEnvironment({ config: { env } }: Init): void {
  for (const [name, value] of Object.entries(env)) {
    if (value !== null) Deno.env.set(name, value);
  }
}
