/** Dates against the runtime's own. */

import { assertEquals } from "@std/assert";
import { fromCivilTime, toCivilTime } from "./civil_time.ts";

/** The runtime's answer. */
function expected(timeMs: number): ReturnType<typeof toCivilTime> {
  const date = new Date(timeMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
    weekday: date.getUTCDay(),
  };
}

Deno.test("toCivilTime() is the runtime's date, and comes back", () => {
  const times = [0, -1, -86_400_001, 951_782_399_999, 951_782_400_000];
  for (let day = -200_000; day < 200_000; day += 97) {
    times.push(day * 86_400_000 + (day * 7_919) % 86_400_000);
  }
  for (const timeMs of times) {
    const civil = toCivilTime(timeMs);
    assertEquals(civil, expected(timeMs));
    assertEquals(fromCivilTime(civil), timeMs);
  }
});

Deno.test("fromCivilTime() knows which dates do not exist", () => {
  const noon = { hour: 12, minute: 0, second: 0, millisecond: 0 };
  const wrong: readonly (readonly [number, number, number])[] = [
    [2026, 2, 29],
    [1900, 2, 29],
    [2026, 4, 31],
    [2026, 13, 1],
    [2026, 0, 1],
    [2026, 1, 0],
    [2026, 1, 32],
  ];
  for (const [year, month, day] of wrong) {
    assertEquals(fromCivilTime({ year, month, day, ...noon }), undefined);
  }
  const date = { year: 2000, month: 2, day: 29 };
  assertEquals(fromCivilTime({ ...date, ...noon }), 951_825_600_000);
  assertEquals(fromCivilTime({ ...date, ...noon, hour: 24 }), undefined);
  assertEquals(fromCivilTime({ ...date, ...noon, minute: 60 }), undefined);
  assertEquals(fromCivilTime({ ...date, ...noon, second: 60 }), undefined);
});
