/**
 * `--signal`: tell the running master, found by its pid file. A pid nobody
 * holds the lock of gets no signal, so a stale file never hurts a stranger
 * (nginx's weakness W13). With `--wait` the master is asked on its control
 * socket instead and the exit code is the outcome.
 * nginx: src/core/ngx_cycle.c, ngx_signal_process.
 */

import { EXIT_CODE } from "../base/exit_code.ts";
import { formatSystemError } from "../base/system_error.ts";
import { formatConfigError } from "../config/error.ts";
import type { ConfigSource } from "../config/load.ts";
import { loadConfig } from "../config/load.ts";
import { ask } from "../control/client.ts";
import type { ControlRequest } from "../core/master/event.ts";
import type { SignalEntry } from "../core/master/signal.ts";
import { writeEarly } from "../log/sink.ts";
import { fromDenoError } from "../os/errno.ts";
import { isLocked } from "../os/file.ts";
import { controlPath } from "./resources.ts";

/** What to tell whom. */
export interface SignalOptions {
  readonly source: ConfigSource;
  readonly entry: SignalEntry;
  /** Return when it is done. */
  readonly wait: boolean;
}

/** How often the end of a master is looked for. */
const POLL_MS = 10;

/** Tell the master; answers with the exit code. */
export async function signalMaster(options: SignalOptions): Promise<number> {
  const loaded = await loadConfig({ ...options.source, appRequired: false });
  if (!loaded.ok) {
    for (const error of loaded.errors) {
      writeEarly("emerg", formatConfigError(error));
    }
    return EXIT_CODE.FAILED;
  }
  const { pidPath } = loaded.config;
  const found = findMaster(pidPath);
  if (!found.ok) return fail(found.text);
  return options.wait
    ? await askMaster(pidPath, options.entry)
    : kill(found.pid, options.entry);
}

type Found =
  | { readonly ok: true; readonly pid: number }
  | { readonly ok: false; readonly text: string };

/** The pid in the file, if somebody holds its lock. */
function findMaster(pidPath: string): Found {
  let text: string;
  try {
    text = Deno.readTextFileSync(pidPath).trim();
  } catch (error) {
    const failed = fromDenoError(error, `open() "${pidPath}"`);
    return { ok: false, text: formatSystemError(failed) };
  }
  const locked = isLocked(pidPath);
  if (!locked.ok) return { ok: false, text: formatSystemError(locked.error) };
  if (!/^[1-9][0-9]{0,9}$/.test(text)) {
    return { ok: false, text: `invalid PID number "${text}" in "${pidPath}"` };
  }
  if (!locked.value) {
    const why = `"${pidPath}" is not locked, process ${text} is not our master`;
    return { ok: false, text: why };
  }
  return { ok: true, pid: Number(text) };
}

function kill(pid: number, { signal, signo }: SignalEntry): number {
  try {
    Deno.kill(pid, signal);
    return EXIT_CODE.DONE;
  } catch (error) {
    const failed = fromDenoError(error, `kill(${pid}, ${signo})`);
    return fail(formatSystemError(failed));
  }
}

async function askMaster(
  pidPath: string,
  { intent }: SignalEntry,
): Promise<number> {
  const request = intent as ControlRequest;
  const answered = await ask(controlPath(pidPath), request);
  if (!answered.ok) return fail(formatSystemError(answered.error));
  const { ok, text } = answered.value;
  if (!ok) return fail(text);
  if (request === "quit" || request === "terminate") {
    await untilUnlocked(pidPath);
  }
  writeEarly("notice", text);
  return EXIT_CODE.DONE;
}

/** The master has answered; the lock is free when it is gone. */
async function untilUnlocked(pidPath: string): Promise<void> {
  for (;;) {
    const locked = isLocked(pidPath);
    if (!locked.ok || !locked.value) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function fail(text: string): number {
  writeEarly("error", text);
  return EXIT_CODE.FAILED;
}
