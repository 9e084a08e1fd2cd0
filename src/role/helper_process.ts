/**
 * A helper of the cache: a process that makes passes over zones. What manager
 * and loader share, which is all but what a pass is: the first message, the
 * steps of the start, events for core/helper.ts in, its effects out. It
 * decides nothing, and inherits no listening socket.
 *
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_cache_manager_process_cycle.
 */

import process from "node:process";
import { describeFailure } from "../app/failure.ts";
import { EXIT_CODE } from "../base/exit_code.ts";
import { toFd, toPid } from "../base/id.ts";
import { formatSystemError } from "../base/system_error.ts";
import { toMilliseconds } from "../base/unit.ts";
import { checkNotice, type ZoneNotice } from "../cache/notice.ts";
import type {
  LoadedZone,
  ManagedZone,
  OpenZone,
  ZoneHost,
} from "../cache/zone.ts";
import { guardChannel, hasChannel, openChannel } from "../channel/channel.ts";
import type { Channel } from "../channel/channel.ts";
import { encodeFrame } from "../channel/frame.ts";
import type { Mailboxes } from "../channel/mailbox.ts";
import type { HelperInit, Order, Sibling } from "../channel/message.ts";
import type { ZoneConfig } from "../config/config.ts";
import type { HelperPlan } from "../core/helper.ts";
import { FIRST_STATE, nextDeadline, step } from "../core/helper.ts";
import type {
  HelperEffect,
  HelperEvent,
  PassOutcome,
} from "../core/helper_event.ts";
import { EARLY_LOG, openLog, writeEarly } from "../log/sink.ts";
import { createTimer, monotonicNow } from "../os/clock.ts";
import { setCloseOnExec } from "../os/fd.ts";
import { setTitle } from "../os/title.ts";
import { initialise } from "./child_init.ts";
import { listenToSignals } from "./child_signal.ts";
import { logStderr } from "./child_stderr.ts";

/** What makes a helper the one or the other. */
export interface HelperKind<Zone> {
  /** "cache manager", for the title. */
  readonly name: string;
  /** What it decides by. */
  plan(zones: readonly ZoneConfig[]): HelperPlan;
  readonly openZone: OpenZone<Zone>;
  /** One pass over one zone. */
  pass(zone: Zone, signal: AbortSignal): Promise<PassOutcome>;
}

/**
 * For the tests alone: a module whose `openZone` makes the zones, so that the
 * schedule can be seen from outside.
 */
const TEST_ZONES = "PROCMGR_TEST_ZONES";

const master = toPid(process.ppid);

/** Be a helper until this process exits. Needs a channel to the master. */
export async function runHelper<Zone extends ManagedZone | LoadedZone>(
  kind: HelperKind<Zone>,
): Promise<never> {
  if (!hasChannel()) {
    const text = `a ${kind.name} is started by the master, not by hand`;
    writeEarly("emerg", text);
    Deno.exit(EXIT_CODE.FATAL);
  }
  guardChannel();
  const helper = new HelperProcess(kind);
  listenToSignals((event) => helper.take(event), master);
  await helper.start();
  return await new Promise<never>(() => {});
}

/** The loop: events in, effects out. */
class HelperProcess<Zone extends ManagedZone | LoadedZone> {
  readonly #kind: HelperKind<Zone>;
  readonly #channel: Channel;
  readonly #init = Promise.withResolvers<HelperInit>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #leaving = new AbortController();
  readonly #timer = createTimer(() => this.take({ kind: "timerFired" }));
  #state = FIRST_STATE;
  #followLog = (): void => {};
  #log = EARLY_LOG;
  #plan: HelperPlan;
  #zones: readonly Zone[] = [];
  #names: readonly string[] = [];
  #mailboxes: Promise<Mailboxes> | undefined;
  #loaded: Mailboxes | undefined;

  constructor(kind: HelperKind<Zone>) {
    this.#kind = kind;
    this.#plan = kind.plan([]);
    this.#channel = openChannel({
      onMessage: (message) => {
        if (message.kind !== "init") this.#obey(message);
        else if (message.role !== "worker") this.#init.resolve(message);
      },
      onBroken: (reason) => this.take({ kind: "channelBroken", reason }),
      onClosed: () => this.take({ kind: "masterLost" }),
    });
  }

  /** Become what the first message says, open the zones, begin. */
  async start(): Promise<void> {
    const init = await this.#init.promise;
    setCloseOnExec(toFd(init.handoff), true);
    setTitle(`procmgr: ${this.#kind.name} process`);
    this.#followLog = logStderr(init);
    this.#openLog(init);
    this.#catchUncaught();
    this.#become(init);
    await this.#openZones(init.zones);
    this.take({ kind: "started" });
  }

  /** One event: decide, perform, arm the timer. */
  take(event: HelperEvent): void {
    const decided = step(this.#state, event, this.#plan, monotonicNow());
    this.#state = decided.state;
    this.#timer.arm(nextDeadline(decided.state));
    for (const effect of decided.effects) this.#perform(effect);
  }

  /** While this process may still open what only root can. */
  #openLog({ config }: HelperInit): void {
    const log = openLog({ ...config.errorLog, pid: Deno.pid });
    if (log.ok) this.#log = log.value;
    else this.#fail(formatSystemError(log.error));
  }

  #become({ config }: HelperInit): void {
    const initialised = initialise(config, master);
    if (!initialised.ok) this.#fail(formatSystemError(initialised.error));
    else if (initialised.value === "orphaned") {
      this.take({ kind: "masterLost" });
    }
  }

  #fail(reason: string): void {
    this.take({ kind: "startFailed", reason });
  }

  async #openZones(zones: readonly ZoneConfig[]): Promise<void> {
    const module = Deno.env.get(TEST_ZONES);
    const { openZone }: { readonly openZone: OpenZone<Zone> } =
      module === undefined ? this.#kind : await import(`file://${module}`);
    this.#plan = this.#kind.plan(zones);
    this.#names = zones.map(({ name }) => name);
    const host: ZoneHost = {
      log: (level, text) => this.#log.write(level, text),
      send: (notice) => this.#send(notice),
      wantPass: () => this.take({ kind: "passWanted" }),
    };
    this.#zones = zones.map((zone) => openZone(zone, host));
    this.#opened.resolve();
  }

  /** A frame that is too long is nobody's; the batch makes none. */
  #send(notice: ZoneNotice): boolean {
    const frame = encodeFrame(notice);
    if (frame === undefined) return true;
    return this.#loaded?.offer(frame, "cache_manager") ?? false;
  }

  #obey(order: Order): void {
    const asker = { kind: "master" } as const;
    switch (order.kind) {
      case "quit": {
        const lingerMs = toMilliseconds(order.lingerMs);
        return this.take({ kind: "quitAsked", asker, lingerMs });
      }
      case "terminate":
        return this.take({ kind: "terminateAsked", asker });
      case "reopen":
        return this.take({ kind: "reopenAsked", asker });
      case "handoff":
        return void this.#receiveMailboxes();
    }
  }

  #perform(effect: HelperEffect): void {
    switch (effect.kind) {
      case "log":
        return this.#log.write(effect.level, effect.text);
      case "send":
        return this.#channel.send({ kind: effect.message });
      case "sendLoaded":
        return this.#channel.send({
          kind: "loaded",
          zone: this.#names[effect.zone] ?? "",
        });
      case "sendFailure":
        return this.#channel.send({
          kind: "failed",
          reason: effect.reason,
        });
      case "runPass":
        return void this.#runPass(effect.zone);
      case "cutPass":
        return this.#leaving.abort();
      case "reopenLog":
        return this.#reopenLog();
      case "exit":
        return this.#exit(effect.code);
    }
  }

  #exit(code: number): never {
    try {
      for (const zone of this.#zones) zone.close?.();
    } catch (error) {
      this.#log.write("error", `${this.#kind.name}: ${describeFailure(error)}`);
    }
    Deno.exit(code);
  }

  async #runPass(number: number): Promise<void> {
    const outcome = await this.#passOver(this.#zones[number]);
    this.take({ kind: "passEnded", outcome });
  }

  async #passOver(zone: Zone | undefined): Promise<PassOutcome> {
    if (zone === undefined) return { kind: "failed", reason: "no such zone" };
    try {
      return await this.#kind.pass(zone, this.#leaving.signal);
    } catch (error) {
      const reason = `${this.#kind.name}: ${describeFailure(error)}`;
      return { kind: "failed", reason };
    }
  }

  /** The mailboxes of those who tell of a zone. */
  async #receiveMailboxes(): Promise<void> {
    const { handoff } = await this.#init.promise;
    // What is told before there are zones would be lost.
    await this.#opened.promise;
    this.#mailboxes ??= import("../channel/mailbox.ts").then((module) =>
      new module.Mailboxes(handoff, {
        onFrame: (value, from) => this.#hear(value, from),
        onBroken: (reason, from) => this.#refuse(reason, from),
        onGone: (sibling) => {
          for (const zone of this.#zones) zone.part?.(sibling);
        },
        onComplete: () => {},
      })
    );
    this.#loaded = await this.#mailboxes;
    this.#loaded.receive();
  }

  #hear(value: unknown, from: Sibling): void {
    const notice = checkNotice(value);
    if (notice === undefined) return this.#refuse("an unknown message", from);
    this.#zones[this.#names.indexOf(notice.zone)]?.hear?.(notice, from);
  }

  #refuse(what: string, { pid }: Sibling): void {
    this.#log.write("error", `mailbox of process ${pid} carried ${what}`);
  }

  #reopenLog(): void {
    const reopened = this.#log.reopen();
    if (reopened.ok) this.#followLog();
    else this.#log.write("emerg", formatSystemError(reopened.error));
  }

  /** A bug of ours ends the process; the master starts another manager. */
  #catchUncaught(): void {
    const crash = (event: Event, error: unknown): void => {
      event.preventDefault();
      this.take({ kind: "crashed", reason: describeFailure(error) });
    };
    addEventListener("error", (event) => crash(event, event.error));
    addEventListener(
      "unhandledrejection",
      (event) => crash(event, event.reason),
    );
  }
}
