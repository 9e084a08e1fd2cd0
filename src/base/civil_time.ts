/**
 * Milliseconds since 1970 as a date and a time of day, and back, without the
 * runtime's Date, so that pure files can print a time they were given. Knows
 * UTC only: an offset is added before.
 *
 * Years are counted from March in eras of 400, so that the leap day comes
 * last: Howard Hinnant's "days from civil" and its inverse.
 */

/** A moment, taken apart. */
export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const DAY_MS = 86_400_000;
/** 1970-01-01, counted from 0000-03-01. */
const DAYS_TO_1970 = 719_468;
const DAYS_PER_ERA = 146_097;

/** Take a moment apart; fractions of a millisecond are cut off. */
export function toCivilTime(timeMs: number): CivilTime {
  const days = Math.floor(timeMs / DAY_MS);
  const ofDay = Math.floor(timeMs - days * DAY_MS);
  return {
    ...dateOf(days),
    hour: Math.floor(ofDay / 3_600_000),
    minute: Math.floor(ofDay / 60_000) % 60,
    second: Math.floor(ofDay / 1000) % 60,
    millisecond: ofDay % 1000,
    // 1970 began on a Thursday.
    weekday: (days % 7 + 11) % 7,
  };
}

/** The inverse; undefined for a date that does not exist. */
export function fromCivilTime(
  time: Omit<CivilTime, "weekday">,
): number | undefined {
  const { year, month, day, hour, minute, second, millisecond } = time;
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const days = daysOf(year, month, day);
  const date = dateOf(days);
  if (date.day !== day || date.month !== month) return undefined;
  const seconds = (hour * 60 + minute) * 60 + second;
  return days * DAY_MS + seconds * 1000 + millisecond;
}

function dateOf(days: number): Pick<CivilTime, "year" | "month" | "day"> {
  const shifted = days + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

function daysOf(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const fromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * fromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - DAYS_TO_1970;
}
