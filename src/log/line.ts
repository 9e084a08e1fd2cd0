/**
 * One line of the error log, in nginx's form or as JSON.
 *
 * A line is always one line: control characters are escaped, so that nothing
 * a client or an app says can forge a second one or drive a terminal, and it
 * is never longer than LINE_BYTES_MAX. Time comes as an argument.
 * Source: nginx src/core/ngx_log.c, ngx_log_error_core (which cuts at
 * NGX_MAX_ERROR_STR, 2048 bytes; ours holds a stack frame and a long path).
 */

import { toCivilTime } from "../base/civil_time.ts";
import type { Level } from "../base/level.ts";

/** The longest line in bytes, its newline included. */
export const LINE_BYTES_MAX = 4096;

/** What a line says. */
export interface Line {
  /** Wall clock, milliseconds since 1970. */
  readonly timeMs: number;
  /** Local time minus UTC, in minutes. The JSON form does not use it. */
  readonly offsetMinutes: number;
  readonly level: Level;
  readonly pid: number;
  readonly text: string;
}

/** `2026/11/24 02:19:07 [notice] 4711#0: text` and a newline. */
export function formatTextLine(line: Line): string {
  const { day, clock } = printTime(line.timeMs + line.offsetMinutes * 60_000);
  const head = `${day.join("/")} ${clock} [${line.level}] ${line.pid}#0: `;
  return `${head}${fit(escapeControls(line.text), head.length + 1)}\n`;
}

/** `{"time":"2026-11-24T02:19:07.123Z","level":…,"pid":…,"text":…}`. */
export function formatJsonLine(line: Line): string {
  const { day, clock, millisecond } = printTime(line.timeMs);
  const time = `${day.join("-")}T${clock}.${pad(millisecond, 3)}Z`;
  const head = `{"time":"${time}","level":"${line.level}","pid":${line.pid},`;
  // Escaping may make six bytes of one, so the text is cut until it fits.
  let text = line.text.toWellFormed();
  for (;;) {
    const json = `${head}"text":${escapeC1(JSON.stringify(text))}}\n`;
    const excess = byteLength(json) - LINE_BYTES_MAX;
    if (excess <= 0) return json;
    const cut = Math.max(1, Math.ceil(excess / 6));
    text = text.slice(0, -cut).toWellFormed();
  }
}

/** What is said before a log is open: `procmgr: [emerg] text`. */
export function formatEarlyLine(level: Level, text: string): string {
  const head = `procmgr: [${level}] `;
  return `${head}${fit(escapeControls(text), head.length + 1)}\n`;
}

/** Control characters, C1 and DEL too, as `\x0A`. */
export function escapeControls(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are the subject
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${hex(character, 2)}`;
  });
}

/** JSON.stringify leaves C1 and DEL alone; a terminal does not. */
function escapeC1(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (character) => {
    return `\\u${hex(character, 4)}`;
  });
}

function hex(character: string, digits: number): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase();
  return code.padStart(digits, "0");
}

/** Cut to what is left of a line, at a character, with an ellipsis. */
function fit(text: string, takenBytes: number): string {
  const room = LINE_BYTES_MAX - takenBytes;
  if (text.length * 3 <= room || byteLength(text) <= room) return text;
  let bytes = 3;
  let kept = "";
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return `${kept}...`;
}

/** The length in UTF-8; a lone surrogate counts as U+FFFD, as written. */
function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

interface PrintedTime {
  readonly day: readonly [string, string, string];
  readonly clock: string;
  readonly millisecond: number;
}

/** Date and time of day, padded. */
function printTime(timeMs: number): PrintedTime {
  const time = toCivilTime(timeMs);
  return {
    day: [pad(time.year, 4), pad(time.month, 2), pad(time.day, 2)],
    clock: [time.hour, time.minute, time.second]
      .map((part) => pad(part, 2)).join(":"),
    millisecond: time.millisecond,
  };
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
