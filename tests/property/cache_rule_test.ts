/**
 * The rules of the cache against npm's http-cache-semantics: whatever the
 * headers, both say the same of whether a stored response answers without the
 * app, or the difference is one of those that are named here. And laws of
 * their own: nothing that is misread makes a cache store more.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import CachePolicy from "http-cache-semantics";
import { parseDirectives, secondsOf } from "../../src/cache/directives.ts";
import { judgeReuse } from "../../src/cache/reuse.ts";
import { judgeStoring, type StoringPolicy } from "../../src/cache/storing.ts";
import { formatHttpDate } from "../../src/http/http_date.ts";

const NOW_MS = 1_700_000_000_000;
const POLICY: StoringPolicy = {
  valid: {},
  heuristicPercentMax: 0,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
};

type Headers = Readonly<Record<string, string>>;

interface Case {
  readonly status: number;
  readonly asked: Headers;
  readonly given: Headers;
  /** When it is asked for again. */
  readonly afterMs: number;
  readonly again: Headers;
}

const seconds = fc.constantFrom(0, 1, 5, 10, 60);
const ours = fc.oneof(
  fc.constantFrom(
    ...["public", "private", "no-store", "no-cache", "must-revalidate"],
    ...["proxy-revalidate", "Max-Age=60", "NO-STORE", 'private="x-a"'],
    ...['no-cache="set-cookie"', 'private="x, max-age=60"', "must-understand"],
    ...["max-age=oops", "unknown=1"],
  ),
  seconds.map((value) => `max-age=${value}`),
  seconds.map((value) => `s-maxage=${value}`),
  seconds.map((value) => `stale-while-revalidate=${value}`),
);
const theirs = fc.oneof(
  fc.constantFrom("no-cache", "no-store", "max-stale", "only-if-cached"),
  seconds.map((value) => `max-age=${value}`),
  seconds.map((value) => `min-fresh=${value}`),
  seconds.map((value) => `max-stale=${value}`),
);
const at = seconds.map((value) => formatHttpDate(NOW_MS + value * 1000));

/** A few of them, each directive once. */
function listOf(one: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const selector = (text: string): string | undefined => text.split("=")[0];
  return fc.uniqueArray(one, { maxLength: 4, selector })
    .map((all) => all.join(", "));
}

/** Fields that may be there or not. */
function some(
  all: Readonly<Record<string, fc.Arbitrary<string>>>,
): fc.Arbitrary<Headers> {
  return fc.record(all, { requiredKeys: [] }) as fc.Arbitrary<Headers>;
}

const cases: fc.Arbitrary<Case> = fc.record({
  status: fc.constantFrom(200, 200, 203, 302, 404, 410, 500, 206, 418),
  asked: some({
    "cache-control": listOf(theirs),
    authorization: fc.constant("b"),
  }),
  given: some({
    "cache-control": listOf(ours),
    expires: fc.oneof(at, fc.constant("0")),
    age: seconds.map(String),
    date: fc.constant(formatHttpDate(NOW_MS)),
    etag: fc.constant('"a"'),
    "set-cookie": fc.constant("a=b"),
    vary: fc.constantFrom("*", "accept"),
  }),
  afterMs: fc.constantFrom(1, 1000, 4999, 5001, 9000, 30_000, 61_000),
  again: some({ "cache-control": listOf(theirs) }),
});

function oursAnswers({ status, asked, given, afterMs, again }: Case): boolean {
  const storing = judgeStoring({
    method: "GET",
    asked: (name) => asked[name] ?? null,
    status,
    given: (name) => given[name] ?? null,
    askedAtMs: NOW_MS,
    answeredAtMs: NOW_MS,
  }, POLICY);
  if (!storing.ok) return false;
  const directives = parseDirectives(again["cache-control"] ?? null);
  const { use } = judgeReuse(storing.terms, directives, NOW_MS + afterMs);
  return use === "fresh" || use === "asked-stale";
}

/** As much of the library as is used; its own types are lost on the way. */
type Library = new (
  request: unknown,
  response: unknown,
  options: { readonly cacheHeuristic: number },
) => {
  now(): number;
  storable(): boolean;
  satisfiesWithoutRevalidation(request: unknown): boolean;
};

/** The library has a clock of its own. */
let nowMs = NOW_MS;

class Policy extends (CachePolicy as unknown as Library) {
  override now(): number {
    return nowMs;
  }
}

function theirsAnswers(
  { status, asked, given, afterMs, again }: Case,
): boolean {
  nowMs = NOW_MS;
  const request = { method: "GET", url: "/", headers: { ...asked } };
  const response = { status, headers: { ...given } };
  const policy = new Policy(request, response, { cacheHeuristic: 0 });
  if (!policy.storable()) return false;
  nowMs += afterMs;
  const headers = { ...again };
  return policy.satisfiesWithoutRevalidation({ ...request, headers });
}

/** What both cannot agree on, and why ours is as it is. */
const DIFFERENCES: readonly {
  readonly why: string;
  readonly is: (one: Case, control: string, again: string) => boolean;
}[] = [
  {
    why: "names of directives have no case, RFC 9111 section 5.2",
    is: (_, control) => /[A-Z]/.test(control),
  },
  {
    why: "a comma in quotes ends nothing, and fields may be left out instead",
    is: (_, control) => control.includes('"'),
  },
  {
    why: "revalidate is about what is stale, sections 5.2.2.2 and 5.2.2.8",
    is: (_, control) => /(?:must|proxy)-revalidate/.test(control),
  },
  {
    why: "must-understand lifts no-store, section 5.2.2.3",
    is: (_, control) => control.includes("must-understand"),
  },
  {
    why: "any final status may be stored that says how long, section 3",
    is: ({ status }) => status === 500 || status === 418,
  },
  {
    why: "a cookie is nobody else's, whatever is public: nginx",
    is: ({ given }) => given["set-cookie"] !== undefined,
  },
  {
    why: "s-maxage forbids a client's max-stale, section 5.2.2.10",
    is: (_, control, again) =>
      control.includes("s-maxage") && again.includes("max-stale"),
  },
  {
    why: "a client's max-age counts whole seconds, as Age does, and 0 is new",
    is: (_, __, again) => again.includes("max-age"),
  },
  {
    why: "max-stale is for what may be stale, and has had a lifetime",
    is: (_, __, again) => again.includes("max-stale"),
  },
];

/** The difference that a case shows; throws when it is none of those. */
function differenceIn(one: Case): string | undefined {
  if (oursAnswers(one) === theirsAnswers(one)) return undefined;
  const control = one.given["cache-control"] ?? "";
  const again = one.again["cache-control"] ?? "";
  const difference = DIFFERENCES.find(({ is }) => is(one, control, again));
  assert(difference !== undefined, `ours: ${oursAnswers(one)}`);
  return difference.why;
}

Deno.test("the rules are http-cache-semantics' but where they are named", () => {
  fc.assert(
    fc.property(cases, (one) => void differenceIn(one)),
    { numRuns: 10_000 },
  );
});

Deno.test("every difference to http-cache-semantics is there", () => {
  const seen = new Set(
    fc.sample(cases, { numRuns: 20_000, seed: 1 }).map(differenceIn),
  );
  const unseen = DIFFERENCES.filter(({ why }) => !seen.has(why));
  assertEquals(unseen, []);
});

Deno.test("what says no-store or private is not stored, whatever else", () => {
  const words = fc.constantFrom("no-store", "private", "No-Store", "PRIVATE");
  fc.assert(
    fc.property(cases, words, fc.boolean(), (one, word, isFirst) => {
      const control = one.given["cache-control"] ?? "";
      if (/must-understand|private=/.test(control)) return;
      const list = isFirst ? [word, control] : [control, word];
      const given = { ...one.given, "cache-control": list.join(", ") };
      assertEquals(oursAnswers({ ...one, given }), false);
    }),
  );
});

Deno.test("any text is directives, and times are whole and not negative", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const [name] of parseDirectives(text)) {
        assertEquals(name, name.toLowerCase());
        const value = secondsOf(parseDirectives(text), name);
        assert(
          value === "invalid" ||
            (Number.isSafeInteger(value) && Number(value) >= 0),
        );
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("what was too old to answer does not become fresh by waiting", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 0, max: 120_000 }), (one, more) => {
      const later = { ...one, afterMs: one.afterMs + more };
      if (oursAnswers(later)) assert(oursAnswers(one));
    }),
  );
});
