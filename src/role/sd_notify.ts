/**
 * The service manager, if one asked to be told: what core/master/sd_notify.ts
 * makes of each step is sent to its socket, and that we live as often as it
 * wants to know. The variables are taken out of the environment, for they are
 * not for workers; a new master gets them back.
 *
 * Decides nothing. Source: man 3 sd_notify, man 3 sd_watchdog_enabled.
 */

import { toPid } from "../base/id.ts";
import { formatSystemError } from "../base/system_error.ts";
import type { Told } from "../core/master/sd_notify.ts";
import { NOTHING_TOLD, tell } from "../core/master/sd_notify.ts";
import type { Step } from "../core/master/state.ts";
import { monotonicUsec, sendNotify } from "../os/sd_notify.ts";

/** What the environment says of a service manager. */
export interface NotifyEnv {
  /** Where it listens. */
  readonly socket: string | undefined;
  /** How often at least it wants to hear of us. */
  readonly watchdogUsec: number | undefined;
}

/** The variables of the protocol. */
const NAMES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

/** Read the variables of the protocol, once, and remove them. */
export function takeNotifyEnv(): NotifyEnv {
  const env = Object.fromEntries(
    NAMES.map((name) => [name, Deno.env.get(name)]),
  );
  for (const name of NAMES) Deno.env.delete(name);
  return notifyEnv(env, Deno.pid);
}

/** What they mean to the process `pid`. */
export function notifyEnv(
  env: Readonly<{ [name: string]: string | undefined }>,
  pid: number,
): NotifyEnv {
  const usec = env["WATCHDOG_USEC"] ?? "";
  const isOurs = (env["WATCHDOG_PID"] ?? String(pid)) === String(pid);
  return {
    socket: env["NOTIFY_SOCKET"] || undefined,
    watchdogUsec: isOurs && /^[1-9][0-9]{0,15}$/.test(usec)
      ? Number(usec)
      : undefined,
  };
}

/** What a new master finds in its environment: no pid, for it has its own. */
export function successorEnv(
  { socket, watchdogUsec }: NotifyEnv,
): { readonly [name: string]: string } {
  if (socket === undefined) return {};
  return {
    NOTIFY_SOCKET: socket,
    ...watchdogUsec === undefined
      ? {}
      : { WATCHDOG_USEC: String(watchdogUsec) },
  };
}

/** Half of what it waits for, as sd_watchdog_enabled(3) recommends. */
const WATCHDOG_SHARE = 2;
/** A longer delay than setTimeout takes is as good as this. */
const WATCHDOG_MS_MAX = 3_600_000;

/** Tells the service manager; does nothing where there is none. */
export class SdNotify {
  readonly #env: NotifyEnv;
  readonly #onFailed: (text: string) => void;
  #told: Told = NOTHING_TOLD;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #lastFailure = "";

  /** `onFailed` is told why a message did not arrive, once per reason. */
  constructor(env: NotifyEnv, onFailed: (text: string) => void) {
    this.#env = env;
    this.#onFailed = onFailed;
  }

  /** Tell what that step was, if it was anything. */
  tell(step: Step): void {
    if (this.#env.socket === undefined) return;
    const { told, messages } = tell(this.#told, step, {
      pid: toPid(Deno.pid),
      monotonicUsec: monotonicUsec(),
    });
    this.#told = told;
    for (const message of messages) this.#send(message);
    if (told.isReady) this.#watch();
  }

  /** The loop that decides is this one: that it turns is that we live. */
  #watch(): void {
    const { watchdogUsec } = this.#env;
    if (watchdogUsec === undefined || this.#watchdog !== undefined) return;
    const delayMs = Math.floor(watchdogUsec / 1000 / WATCHDOG_SHARE);
    this.#watchdog = setInterval(
      () => this.#send("WATCHDOG=1"),
      Math.min(delayMs, WATCHDOG_MS_MAX),
    );
    this.#send("WATCHDOG=1");
  }

  #send(message: string): void {
    const { socket } = this.#env;
    if (socket === undefined) return;
    const sent = sendNotify(socket, message);
    const failure = sent.ok ? "" : formatSystemError(sent.error);
    if (failure !== "" && failure !== this.#lastFailure) {
      this.#onFailed(failure);
    }
    this.#lastFailure = failure;
  }
}
