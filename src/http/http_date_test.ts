/** Dates in the three forms of HTTP, and what is none. */

import { assertEquals } from "@std/assert";
import { formatHttpDate, parseHttpDate } from "./http_date.ts";

const MOMENT = 784_111_777_000;

Deno.test("parseHttpDate() reads the three forms", () => {
  const forms = [
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
  ];
  for (const form of forms) assertEquals(parseHttpDate(form), MOMENT, form);
});

Deno.test("formatHttpDate() writes the first, as the runtime does", () => {
  for (let timeMs = 0; timeMs < 4e12; timeMs += 86_399_017_333) {
    const text = new Date(timeMs).toUTCString();
    assertEquals(formatHttpDate(timeMs), text);
    assertEquals(parseHttpDate(text), Math.floor(timeMs / 1000) * 1000);
  }
});

Deno.test("parseHttpDate() refuses what is no date", () => {
  const wrong = [
    "",
    "yesterday",
    "0",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 30 Feb 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 25:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT, and more",
  ];
  for (const text of wrong) assertEquals(parseHttpDate(text), undefined, text);
  const leap = parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT");
  assertEquals(leap, Date.UTC(2016, 11, 31, 23, 59, 59));
});
