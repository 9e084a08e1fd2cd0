/** Preconditions, one by one and in the RFC's order. */

import { assertEquals } from "@std/assert";
import type { Validators, Verdict } from "./conditional.ts";
import { etagOf, evaluate, rangeApplies } from "./conditional.ts";
import { formatHttpDate } from "./http_date.ts";

const MODIFIED_MS = 1_700_000_000_000;
const STRONG: Validators = { etag: '"a-1"', lastModifiedMs: MODIFIED_MS };
const WEAK: Validators = { ...STRONG, etag: 'W/"a-1"' };
const NONE: Validators = { etag: undefined, lastModifiedMs: undefined };
const THEN = formatHttpDate(MODIFIED_MS);
const EARLIER = formatHttpDate(MODIFIED_MS - 1000);
const LATER = formatHttpDate(MODIFIED_MS + 1000);

type Headers = Readonly<Record<string, string>>;

function verdictOf(headers: Headers, validators = STRONG): Verdict {
  return evaluate((name) => headers[name] ?? null, validators);
}

Deno.test("evaluate() proceeds without preconditions", () => {
  assertEquals(verdictOf({}), "proceed");
  assertEquals(verdictOf({}, NONE), "proceed");
});

Deno.test("evaluate() answers each precondition", () => {
  const cases: readonly (readonly [Headers, Verdict])[] = [
    [{ "if-none-match": '"a-1"' }, "notModified"],
    [{ "if-none-match": 'W/"a-1"' }, "notModified"],
    [{ "if-none-match": "*" }, "notModified"],
    [{ "if-none-match": '"b", W/"c",, "a-1"' }, "notModified"],
    [{ "if-none-match": '"b"' }, "proceed"],
    [{ "if-none-match": "a-1" }, "proceed"],
    [{ "if-none-match": "" }, "proceed"],
    [{ "if-none-match": '"b" "a-1"' }, "proceed"],
    [{ "if-none-match": '"x, \\"a-1\\""' }, "proceed"],
    [{ "if-match": '"a-1"' }, "proceed"],
    [{ "if-match": "*" }, "proceed"],
    [{ "if-match": 'W/"a-1"' }, "failed"],
    [{ "if-match": '"b"' }, "failed"],
    [{ "if-match": "garbage" }, "failed"],
    [{ "if-modified-since": THEN }, "notModified"],
    [{ "if-modified-since": LATER }, "notModified"],
    [{ "if-modified-since": EARLIER }, "proceed"],
    [{ "if-modified-since": "not a date" }, "proceed"],
    [{ "if-unmodified-since": THEN }, "proceed"],
    [{ "if-unmodified-since": LATER }, "proceed"],
    [{ "if-unmodified-since": EARLIER }, "failed"],
    [{ "if-unmodified-since": "not a date" }, "proceed"],
  ];
  for (const [headers, verdict] of cases) {
    assertEquals(verdictOf(headers), verdict, JSON.stringify(headers));
  }
});

Deno.test("evaluate() goes in the RFC's order", () => {
  const cases: readonly (readonly [Headers, Verdict])[] = [
    // A tag makes the date beside it count for nothing.
    [{ "if-none-match": '"b"', "if-modified-since": LATER }, "proceed"],
    [{ "if-match": '"a-1"', "if-unmodified-since": EARLIER }, "proceed"],
    [{ "if-match": '"a-1"', "if-none-match": '"a-1"' }, "notModified"],
    [{ "if-match": '"b"', "if-none-match": '"a-1"' }, "failed"],
    [
      { "if-unmodified-since": EARLIER, "if-modified-since": LATER },
      "failed",
    ],
  ];
  for (const [headers, verdict] of cases) {
    assertEquals(verdictOf(headers), verdict, JSON.stringify(headers));
  }
});

Deno.test("evaluate() knows what a weak tag is good for", () => {
  assertEquals(verdictOf({ "if-none-match": '"a-1"' }, WEAK), "notModified");
  assertEquals(verdictOf({ "if-match": 'W/"a-1"' }, WEAK), "failed");
  assertEquals(verdictOf({ "if-match": '"a-1"' }, WEAK), "failed");
  assertEquals(verdictOf({ "if-match": '"a-1"' }, NONE), "failed");
  assertEquals(verdictOf({ "if-none-match": '"a-1"' }, NONE), "proceed");
});

Deno.test("rangeApplies() only to the very version", () => {
  const cases: readonly (readonly [string | null, boolean, boolean])[] = [
    [null, true, true],
    ['"a-1"', true, false],
    ['W/"a-1"', false, false],
    ['"b"', false, false],
    [THEN, true, false],
    [EARLIER, false, false],
    [LATER, false, false],
    ["garbage", false, false],
    ["", false, false],
  ];
  for (const [ifRange, strong, weak] of cases) {
    assertEquals(rangeApplies(ifRange, STRONG), strong, String(ifRange));
    assertEquals(rangeApplies(ifRange, WEAK), weak, String(ifRange));
  }
  assertEquals(rangeApplies('"a-1"', NONE), false);
  assertEquals(rangeApplies(THEN, NONE), false);
});

Deno.test("etagOf() is nginx's, and weak for a second", () => {
  const file = { size: 1024, mtimeMs: MODIFIED_MS };
  assertEquals(etagOf(file, MODIFIED_MS + 1000), '"6553f100-400"');
  assertEquals(etagOf(file, MODIFIED_MS + 999), 'W/"6553f100-400"');
  assertEquals(etagOf(file, MODIFIED_MS - 5000), 'W/"6553f100-400"');
  const finer = { size: 0, mtimeMs: MODIFIED_MS + 500 };
  assertEquals(etagOf(finer, MODIFIED_MS + 9000), '"6553f100.1f4-0"');
});
