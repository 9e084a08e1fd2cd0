/**
 * HTTP's dates: written in one form, read in the three that exist. Pure.
 * Source: RFC 9110 section 5.6.7.
 */

import { fromCivilTime, toCivilTime } from "../base/civil_time.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
] as const;

/** `Sun, 06 Nov 1994 08:49:37 GMT`. */
const FIXED =
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<clock>\d\d:\d\d:\d\d) GMT$/;
/** `Sunday, 06-Nov-94 08:49:37 GMT`, obsolete. */
const RFC_850 =
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<clock>\d\d:\d\d:\d\d) GMT$/;
/** `Sun Nov  6 08:49:37 1994`, obsolete. */
const ASCTIME =
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<clock>\d\d:\d\d:\d\d) (?<year>\d{4})$/;

/** The moment, to the second, as a header has it. */
export function formatHttpDate(timeMs: number): string {
  const time = toCivilTime(timeMs);
  const clock = [time.hour, time.minute, time.second].map(two).join(":");
  const year = String(time.year).padStart(4, "0");
  return `${DAYS[time.weekday]}, ${two(time.day)} ${MONTHS[time.month - 1]} ` +
    `${year} ${clock} GMT`;
}

/** Milliseconds since 1970; undefined when it is no date. */
export function parseHttpDate(text: string): number | undefined {
  const found = FIXED.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text);
  const { day = "", month = "", year = "", clock = "" } = found?.groups ?? {};
  if (found === null) return undefined;
  const [hour = 0, minute = 0, second = 0] = clock.split(":").map(Number);
  return fromCivilTime({
    year: toYear(year),
    month: MONTHS.findIndex((name) => name === month) + 1,
    day: Number(day),
    hour,
    minute,
    // A leap second has no place of its own in our time.
    second: Math.min(second, 59),
    millisecond: 0,
  });
}

/**
 * Two digits are of this century or the last: the RFC has a year more than 50
 * years ahead be in the past. 1970 to 2069 is that until 2020 and good enough
 * for a form that nobody sends.
 */
function toYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
