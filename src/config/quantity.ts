/**
 * Sizes and times as nginx writes them: "512m", "30s", "1h30m". A number alone
 * is bytes, or seconds. Units go from the largest to the smallest and each is
 * used once. Anything else is undefined: the caller knows what to say.
 *
 * nginx: src/core/ngx_parse.c. Two differences: weeks, months and years are
 * not known, and a time ends where the runtime's timers do.
 */

import type { Bytes, Milliseconds } from "../base/unit.ts";
import { toBytes, toMilliseconds } from "../base/unit.ts";

/** The longest time: 24 days; setTimeout() overflows at 2^31 ms, 24.86 days. */
export const TIME_MAX_MS = 24 * 24 * 3600 * 1000;

/** What a time looks like; the JSON Schema's pattern too. */
export const TIME_PATTERN =
  /^(?=\d)(?!.* $)(\d+d)? ?(\d+h)? ?(\d+m(?!s))? ?(\d+s|\d+(?![\dms]))? ?(\d+ms)?$/;

/** What a size looks like; the JSON Schema's pattern too. */
export const SIZE_PATTERN = /^(\d+)([kKmMgG]?)$/;

const MS_PER_UNIT = [86_400_000, 3_600_000, 60_000, 1000, 1];
const TIME_UNITS = ["d", "h", "m", "s", "ms"];
const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["k", 1024],
  ["m", 1024 ** 2],
  ["g", 1024 ** 3],
]);

/** A time from its text or a number of seconds; undefined when it is none. */
export function parseTime(value: string | number): Milliseconds | undefined {
  // "1.5" and "-1" fail the pattern; a number goes through its text too.
  const match = TIME_PATTERN.exec(String(value));
  if (match === null) return undefined;
  let total = 0;
  for (const [index, factor] of MS_PER_UNIT.entries()) {
    const digits = /^\d+/.exec(match[index + 1] ?? "")?.[0];
    if (digits !== undefined) total += Number(digits) * factor;
  }
  return total <= TIME_MAX_MS ? toMilliseconds(total) : undefined;
}

/** A size from its text or a number of bytes; undefined when it is none. */
export function parseSize(value: string | number): Bytes | undefined {
  const match = SIZE_PATTERN.exec(String(value));
  if (match === null) return undefined;
  const factor = BYTES_PER_UNIT.get((match[2] ?? "").toLowerCase()) ?? 1;
  const total = Number(match[1]) * factor;
  return Number.isSafeInteger(total) ? toBytes(total) : undefined;
}

/** The shortest text that parses to the same time: "1h30m". */
export function formatTime(time: Milliseconds): string {
  let rest: number = time;
  let text = "";
  for (const [index, factor] of MS_PER_UNIT.entries()) {
    const count = Math.floor(rest / factor);
    rest -= count * factor;
    if (count > 0) text += `${count}${TIME_UNITS[index]}`;
  }
  return text === "" ? "0s" : text;
}

/** The text in the largest unit that divides the size: "512m". */
export function formatSize(size: Bytes): string {
  const units = [...BYTES_PER_UNIT].reverse();
  for (const [unit, factor] of units) {
    if (size > 0 && size % factor === 0) return `${size / factor}${unit}`;
  }
  return "0";
}
