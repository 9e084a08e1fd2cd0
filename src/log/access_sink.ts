/**
 * Where access-log lines go: an append-only file, stdout or stderr, many lines
 * in one write, so that those of several workers never tear each other.
 *
 * It never throws and never awaits. Lines wait in a buffer until it is full or
 * the oldest has waited long enough. What a full disk does not take is lost
 * and counted; that is said once, and how many they were when there is room
 * again. A line that was cut off is ended before the next. A reopen that fails
 * keeps the old file. Used by workers.
 * Source: nginx src/http/modules/ngx_http_log_module.c (buffer, flush);
 * man 2 write and man 7 pipe for what is written in one piece.
 */

import type { Level } from "../base/level.ts";
import type { Result } from "../base/system_error.ts";
import { formatSystemError, success } from "../base/system_error.ts";
import { fromDenoError } from "../os/errno.ts";
import { openAppend } from "../os/file.ts";
import { compileFormat, type Escaping, type Formatter } from "./access.ts";
import type { AccessPlace, AccessRecord } from "./access_record.ts";

/** An access log as the configuration describes it. */
export interface AccessTarget {
  /** An absolute path, "stdout" or "stderr". */
  readonly path: string;
  /** A format that can be compiled. */
  readonly format: string;
  readonly escape: Escaping;
  /** Lines are written when they are this long together; 0: each at once. */
  readonly bufferBytes: number;
  /** How long a line may wait for others. */
  readonly flushMs: number;
}

/** An open access log. */
export interface AccessLog {
  write(record: AccessRecord): void;
  /** Write what waits. */
  flush(): void;
  /** Write what waits, then open the path anew; or keep the old file. */
  reopen(): Result<void>;
  /** Write what waits, and let go of the file. */
  close(): void;
}

/** Says what became of lines, in the error log. */
export type Complain = (level: Level, text: string) => void;

/** nginx's mode for log files; the umask applies. */
const LOG_FILE_MODE = 0o644;

/** PIPE_BUF: a pipe takes no more in one piece. */
const PIPE_BYTES = 4096;

const NEWLINE = 10;

const encoder = new TextEncoder();

/** Open it; an unwritable path is the error. */
export function openAccessLog(
  target: AccessTarget,
  complain: Complain,
): Result<AccessLog> {
  const file = openTarget(target.path);
  if (!file.ok) return file;
  return success(new OpenAccessLog(target, file.value, complain));
}

/** What lines are written to. */
interface Output {
  writeSync(bytes: Uint8Array): number;
  statSync(): Pick<Deno.FileInfo, "isFile">;
  close(): void;
}

function openTarget(path: string): Result<Output> {
  if (path === "stdout") return success(standard(Deno.stdout, 1));
  if (path === "stderr") return success(standard(Deno.stderr, 2));
  return openAppend(path, LOG_FILE_MODE);
}

/** Not ours to close. */
function standard(
  stream: { writeSync(bytes: Uint8Array): number },
  fd: number,
): Output {
  return {
    writeSync: (bytes) => stream.writeSync(bytes),
    statSync: () => Deno.statSync(`/proc/self/fd/${fd}`),
    close: () => {},
  };
}

class OpenAccessLog implements AccessLog {
  readonly #target: AccessTarget;
  readonly #format: Formatter;
  readonly #complain: Complain;
  #output: Output;
  /** The most that is written in one piece. */
  #pieceBytes: number;
  #waiting = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last write ended within a line. */
  #isTorn = false;
  #linesLost = 0;
  #place: AccessPlace = {
    pid: Deno.pid,
    hostname: nameOfHost(),
    offsetMinutes: 0,
  };
  #placeMinute = NaN;

  constructor(target: AccessTarget, output: Output, complain: Complain) {
    const compiled = compileFormat(target.format, target.escape);
    this.#target = target;
    this.#format = compiled.ok ? compiled.format : () => "";
    this.#output = output;
    this.#pieceBytes = pieceBytesOf(output);
    this.#complain = complain;
  }

  write(record: AccessRecord): void {
    this.#waiting += this.#format(record, this.#placeAt(record.timeMs));
    // Nearly every line is ASCII: its length is its bytes.
    if (this.#waiting.length >= this.#target.bufferBytes) this.flush();
    else {
      this.#timer ??= setTimeout(() => this.flush(), this.#target.flushMs);
    }
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === "") return;
    // A line that was cut off ends here, and is no line of these.
    const lead = this.#isTorn ? "\n" : "";
    const bytes = encoder.encode(`${lead}${this.#waiting}`);
    this.#waiting = "";
    let offset = 0;
    while (offset < bytes.length) {
      const end = pieceEnd(bytes, offset, this.#pieceBytes);
      const taken = this.#take(bytes.subarray(offset, end));
      if (taken === 0) {
        return this.#lose(bytes.subarray(Math.max(offset, lead.length)));
      }
      offset += taken;
      this.#isTorn = bytes[offset - 1] !== NEWLINE;
    }
    this.#recovered();
  }

  reopen(): Result<void> {
    this.flush();
    const output = openTarget(this.#target.path);
    if (!output.ok) return output;
    this.#output.close();
    this.#output = output.value;
    this.#pieceBytes = pieceBytesOf(output.value);
    this.#isTorn = false;
    return success(undefined);
  }

  close(): void {
    this.flush();
    this.#output.close();
  }

  /** How much was taken: all, or a part when the disk is nearly full. */
  #take(bytes: Uint8Array): number {
    try {
      return this.#output.writeSync(bytes);
    } catch (error) {
      if (this.#linesLost === 0) this.#say(error);
      return 0;
    }
  }

  #say(error: unknown): void {
    const failed = fromDenoError(error, `write() to "${this.#target.path}"`);
    this.#complain(
      "error",
      `${formatSystemError(failed)}, access-log lines are lost`,
    );
  }

  /** A line of which a part was written is lost, too. */
  #lose(bytes: Uint8Array): void {
    for (const byte of bytes) if (byte === NEWLINE) this.#linesLost++;
  }

  #recovered(): void {
    if (this.#linesLost === 0) return;
    const text = `"${this.#target.path}" is written again, ` +
      `${this.#linesLost} access-log lines were lost`;
    this.#linesLost = 0;
    this.#complain("warn", text);
  }

  /** Local time is looked up once a minute: it may change at any. */
  #placeAt(timeMs: number): AccessPlace {
    const minute = Math.floor(timeMs / 60_000);
    if (minute !== this.#placeMinute) {
      this.#placeMinute = minute;
      const offsetMinutes = -new Date(timeMs).getTimezoneOffset();
      this.#place = { ...this.#place, offsetMinutes };
    }
    return this.#place;
  }
}

/** Files take what comes; a pipe tears what is longer than its limit. */
function pieceBytesOf(output: Output): number {
  try {
    return output.statSync().isFile ? Infinity : PIPE_BYTES;
  } catch {
    return PIPE_BYTES;
  }
}

/** The end of the last whole line that fits; of the first when none does. */
function pieceEnd(bytes: Uint8Array, from: number, most: number): number {
  if (bytes.length - from <= most) return bytes.length;
  const last = bytes.lastIndexOf(NEWLINE, from + most - 1);
  if (last >= from) return last + 1;
  const first = bytes.indexOf(NEWLINE, from);
  return first === -1 ? bytes.length : first + 1;
}

function nameOfHost(): string {
  try {
    return Deno.hostname();
  } catch {
    return "";
  }
}
