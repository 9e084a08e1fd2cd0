/**
 * Where log lines go: an append-only file or stderr, one write per line, so
 * that the lines of several processes in one file do not mix.
 *
 * It never throws and never awaits. A line that the file does not take (the
 * disk is full) goes to stderr instead; one that stderr does not take either
 * is lost. A reopen that fails keeps the old file. Used by master and workers.
 * Source: nginx src/core/ngx_log.c; src/core/ngx_cycle.c, ngx_reopen_files.
 */

import type { Level } from "../base/level.ts";
import { isLogged } from "../base/level.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import { openAppend } from "../os/file.ts";
import type { Line } from "./line.ts";
import { formatEarlyLine, formatJsonLine, formatTextLine } from "./line.ts";

/** A log as the configuration describes it. */
export interface LogTarget {
  /** An absolute path; undefined is stderr. */
  readonly path: string | undefined;
  /** Less severe lines are not written. */
  readonly level: Level;
  readonly format: "text" | "json";
  /** The pid its lines name. */
  readonly pid: number;
}

/** An open log. */
export interface Log {
  /** Write one line. Whatever happens, it returns. */
  write(level: Level, text: string): void;
  /** Open the path anew; when that fails, the old file stays in use. */
  reopen(): Result<void>;
  /** Let go of the file; lines written after that go to stderr. */
  close(): void;
  /** undefined: stderr. */
  readonly path: string | undefined;
}

/** nginx's mode for log files; the umask applies. */
const LOG_FILE_MODE = 0o644;

/** Open a log; an unwritable path is the error. */
export function openLog(target: LogTarget): Result<Log> {
  if (target.path === undefined) return success(new OpenLog(target, undefined));
  const file = openAppend(target.path, LOG_FILE_MODE);
  return file.ok ? success(new OpenLog(target, file.value)) : file;
}

/** Say something before a log is open: `procmgr: [emerg] text` on stderr. */
export function writeEarly(level: Level, text: string): void {
  writeStderr(new TextEncoder().encode(formatEarlyLine(level, text)));
}

/** A log that is not open yet: only what is wrong is said. */
export const EARLY_LOG: Log = {
  // That a child leaves before it began is no news on the operator's terminal.
  write: (level, text) => {
    if (isLogged(level, "warn")) writeEarly(level, text);
  },
  reopen: () => success(undefined),
  close: () => {},
  path: undefined,
};

class OpenLog implements Log {
  readonly path: string | undefined;
  readonly #target: LogTarget;
  readonly #encoder = new TextEncoder();
  #file: Deno.FsFile | undefined;

  constructor(target: LogTarget, file: Deno.FsFile | undefined) {
    this.path = target.path;
    this.#target = target;
    this.#file = file;
  }

  write(level: Level, text: string): void {
    const { level: threshold, format, pid } = this.#target;
    if (!isLogged(level, threshold)) return;
    const now = new Date();
    const line: Line = {
      timeMs: now.getTime(),
      offsetMinutes: -now.getTimezoneOffset(),
      level,
      pid,
      text,
    };
    const bytes = this.#encoder.encode(
      format === "json" ? formatJsonLine(line) : formatTextLine(line),
    );
    if (this.#file === undefined || !writeWhole(this.#file, bytes)) {
      writeStderr(bytes);
    }
  }

  reopen(): Result<void> {
    if (this.path === undefined) return success(undefined);
    const file = openAppend(this.path, LOG_FILE_MODE);
    if (!file.ok) return file;
    this.close();
    this.#file = file.value;
    return success(undefined);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/** Whether the file took the whole line; a full disk takes a part or none. */
function writeWhole(file: Deno.FsFile, bytes: Uint8Array): boolean {
  try {
    return file.writeSync(bytes) === bytes.length;
  } catch {
    return false;
  }
}

/** The last resort: a full pipe or a closed stderr loses the line. */
function writeStderr(bytes: Uint8Array): void {
  try {
    Deno.stderr.writeSync(bytes);
  } catch {
    // Nobody is left to tell.
  }
}
