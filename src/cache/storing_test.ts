/** What may be stored, and for how long, header by header. */

import { assertEquals } from "@std/assert";
import { formatHttpDate } from "../http/http_date.ts";
import { judgeStoring, type StoringPolicy, type Terms } from "./storing.ts";

const NOW_MS = 1_700_000_000_000;
const POLICY: StoringPolicy = {
  valid: {},
  heuristicPercentMax: 0,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
};

interface Given {
  readonly method?: string;
  readonly status?: number;
  readonly asked?: Readonly<Record<string, string>>;
  readonly policy?: Partial<StoringPolicy>;
  readonly tookMs?: number;
}

type Headers = Readonly<Record<string, string>>;

function judge(given: Headers, options: Given = {}): string | Terms {
  const { method = "GET", status = 200, asked = {}, tookMs = 0 } = options;
  const storing = judgeStoring({
    method,
    asked: (name) => asked[name] ?? null,
    status,
    given: (name) => given[name] ?? null,
    askedAtMs: NOW_MS - tookMs,
    answeredAtMs: NOW_MS,
  }, { ...POLICY, ...options.policy });
  return storing.ok ? storing.terms : storing.reason;
}

/** Until when it is fresh, in seconds from now; or why it is not stored. */
function freshFor(given: Headers, options: Given = {}): number | string {
  const terms = judge(given, options);
  if (typeof terms === "string") return terms;
  return (terms.bornAtMs + terms.lifetimeMs - NOW_MS) / 1000;
}

function at(seconds: number): string {
  return formatHttpDate(NOW_MS + seconds * 1000);
}

Deno.test("judgeStoring() takes the lifetime that goes before the others", () => {
  const cases: readonly (readonly [Headers, number | string])[] = [
    [{ "cache-control": "max-age=60" }, 60],
    [{ "cache-control": "max-age=60, s-maxage=5" }, 5],
    [{ "cache-control": "s-maxage=5", expires: at(99) }, 5],
    [{ "cache-control": "max-age=60", expires: at(99) }, 60],
    [{ expires: at(99) }, 99],
    [{ expires: at(99), date: at(-1) }, 99],
    [{ expires: "0", etag: '"a"' }, 0],
    [{ "cache-control": "max-age=60", age: "20" }, 40],
    [{ "cache-control": "max-age=60", date: at(-30) }, 30],
    [{ "cache-control": "max-age=60", date: at(-30), age: "50" }, 10],
    [{ "x-accel-expires": "10", "cache-control": "max-age=60" }, 10],
    [{ "x-accel-expires": "10", "cache-control": "no-store, private" }, 10],
    [{ "x-accel-expires": `@${NOW_MS / 1000 + 7}`, age: "3" }, 7],
    [{ "x-accel-expires": "oops", "cache-control": "max-age=60" }, 60],
    [
      { "x-accel-expires": "0", "cache-control": "max-age=60" },
      "x-accel-expires",
    ],
    [{ "x-accel-expires": "@1" }, "x-accel-expires"],
  ];
  for (const [given, wanted] of cases) {
    assertEquals(freshFor(given), wanted, JSON.stringify(given));
  }
  assertEquals(
    freshFor({ "cache-control": "max-age=60", age: "20" }, { tookMs: 3000 }),
    37,
  );
  assertEquals(
    freshFor({ "cache-control": "max-age=60" }, { tookMs: 3000 }),
    60,
  );
});

Deno.test("judgeStoring() says why something is not stored", () => {
  const fresh = { "cache-control": "max-age=60" };
  const cases: readonly (readonly [Headers, Given, string])[] = [
    [fresh, { method: "POST" }, "method"],
    [fresh, { method: "HEAD" }, "method"],
    [fresh, { status: 206 }, "range"],
    [{ ...fresh, "content-range": "bytes 0-1/9" }, {}, "range"],
    [fresh, { status: 304 }, "status"],
    [fresh, { asked: { "cache-control": "no-store" } }, "no-store"],
    [{ "cache-control": "No-Store, max-age=60" }, {}, "no-store"],
    [{ "cache-control": "private, max-age=60" }, {}, "private"],
    [fresh, { asked: { authorization: "Basic x" } }, "authorization"],
    [{ ...fresh, "set-cookie": "a=b" }, {}, "set-cookie"],
    [{ "x-accel-expires": "9", "set-cookie": "a=b" }, {}, "set-cookie"],
    [{ ...fresh, vary: "accept, *" }, {}, "vary"],
    [{}, {}, "no-lifetime"],
    [{ etag: '"a"' }, {}, "no-lifetime"],
    [{ "cache-control": "max-age=0" }, {}, "no-lifetime"],
    [{ "cache-control": "max-age=oops" }, {}, "no-lifetime"],
    [{ "cache-control": "no-cache" }, {}, "no-lifetime"],
    [
      { "cache-control": "must-understand, max-age=9" },
      { status: 499 },
      "status",
    ],
  ];
  for (const [given, options, wanted] of cases) {
    const said = JSON.stringify([given, options]);
    assertEquals(judge(given, options), wanted, said);
  }
});

Deno.test("judgeStoring() stores what it may after all", () => {
  const authorized = { asked: { authorization: "Basic x" } };
  const cases: readonly (readonly [Headers, Given, number])[] = [
    [{ "cache-control": "public, max-age=9" }, authorized, 9],
    [{ "cache-control": "s-maxage=9" }, authorized, 9],
    [{ "cache-control": "must-revalidate, max-age=9" }, authorized, 9],
    [{ "cache-control": "max-age=9" }, { status: 500 }, 9],
    [{ "cache-control": "max-age=9" }, { status: 404 }, 9],
    [{ "cache-control": "must-understand, no-store, max-age=9" }, {}, 9],
    [{ "cache-control": "no-cache", etag: '"a"' }, {}, 0],
    [{ "cache-control": "max-age=0", "last-modified": at(-9) }, {}, 0],
  ];
  for (const [given, options, wanted] of cases) {
    const said = JSON.stringify([given, options]);
    assertEquals(freshFor(given, options), wanted, said);
  }
});

Deno.test("judgeStoring() leaves out the fields it is told to", () => {
  const storing = judgeStoring({
    method: "GET",
    asked: () => null,
    status: 200,
    given: (name) =>
      name === "cache-control"
        ? 'max-age=9, no-cache="Set-Cookie", private="X-User"'
        : name === "set-cookie"
        ? "a=b"
        : null,
    askedAtMs: NOW_MS,
    answeredAtMs: NOW_MS,
  }, POLICY);
  assertEquals(storing.ok && storing.dropped, ["x-user", "set-cookie"]);
});

Deno.test("judgeStoring() asks the operator when the response says nothing", () => {
  const policy = { valid: { 200: 60_000, 404: 1000, any: 5000 } };
  assertEquals(freshFor({}, { policy }), 60);
  assertEquals(freshFor({}, { policy, status: 404 }), 1);
  assertEquals(freshFor({}, { policy, status: 302 }), 5);
  const said = { "cache-control": "max-age=2" };
  assertEquals(freshFor(said, { policy }), 2);
  const asks = { "cache-control": "no-cache", etag: '"a"' };
  assertEquals(freshFor(asks, { policy }), 0);
});

Deno.test("judgeStoring() guesses only when it is told to", () => {
  const given = { "last-modified": at(-1000) };
  assertEquals(freshFor(given), "no-lifetime");
  const policy = { heuristicPercentMax: 10 };
  assertEquals(freshFor(given, { policy }), 100);
  assertEquals(freshFor(given, { policy, status: 302 }), "no-lifetime");
  assertEquals(freshFor({}, { policy }), "no-lifetime");
});

Deno.test("judgeStoring() says how long it may be stale", () => {
  const stale = "max-age=1, stale-while-revalidate=2, stale-if-error=3";
  const policy = { staleWhileRevalidateMs: 7000, staleIfErrorMs: 8000 };
  const staleOf = (control: string): readonly unknown[] => {
    const terms = judge({ "cache-control": control, etag: '"a"' }, { policy });
    if (typeof terms === "string") return [terms];
    const { staleWhileRevalidateMs, staleIfErrorMs, ...flags } = terms;
    return [
      staleWhileRevalidateMs,
      staleIfErrorMs,
      ...[flags.mustRevalidate, flags.alwaysRevalidate, flags.refusesMaxStale],
    ];
  };
  assertEquals(staleOf(stale), [2000, 3000, false, false, false]);
  assertEquals(staleOf("max-age=1"), [7000, 8000, false, false, false]);
  assertEquals(staleOf("s-maxage=1"), [7000, 8000, false, false, true]);
  assertEquals(staleOf("max-age=1, stale-if-error=x"), [
    ...[7000, 0, false, false, false],
  ]);
  assertEquals(staleOf(`${stale}, must-revalidate`), [
    ...[0, 0, true, false, true],
  ]);
  assertEquals(staleOf("no-cache"), [0, 0, true, true, true]);
});
