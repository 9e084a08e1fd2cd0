/** What two sides' facts are judged to be. */

import { assertEquals } from "@std/assert";
import type { Divergence, Facts, Lists } from "./judge.ts";
import { judge, unused } from "./judge.ts";
import type { Scenario } from "./scenario.ts";

const SCENARIO: Scenario = {
  name: "one",
  steps: [],
  expect: { "answer": "200" },
  right: [{
    weakness: "W1",
    fact: "survives",
    is: "yes",
    nginx: "no",
    why: "it does not",
  }],
};

const ROW: Divergence = {
  scenario: "one",
  fact: "exit",
  nginx: "1",
  procmgr: "100",
  reason: "because",
};

const LISTS: Lists = {
  divergences: [ROW],
  wordings: [{ nginx: /said from N/, procmgr: "said", reason: "shorter" }],
};

const NGINX = { "exit": "1", "survives": "no", "log: said from N": "said" };
const PROCMGR = { "exit": "100", "survives": "yes", "log: said": "said" };

/** Facts of a scenario in which all is well, but for `more`. */
function facts(more: Readonly<Record<string, string>>): Facts {
  return new Map(Object.entries({
    "start": "ready",
    "answer": "200",
    "left: processes": "none",
    "left: files": "none",
    ...more,
  }));
}

/** The facts that are not equal, with their verdicts. */
function verdicts(
  nginx: Readonly<Record<string, string>>,
  procmgr: Readonly<Record<string, string>>,
): readonly string[] {
  const sides = {
    nginx: facts({ ...NGINX, ...nginx }),
    procmgr: facts({ ...PROCMGR, ...procmgr }),
  };
  return judge(SCENARIO, sides, LISTS).facts
    .filter(({ verdict }) => verdict !== "equal")
    .map(({ fact, verdict }) => `${fact}: ${verdict}`);
}

const WELL = ["exit: listed", "survives: better"];

Deno.test("judge() accepts what is equal, listed, or better", () => {
  assertEquals(verdicts({}, {}), WELL);
});

Deno.test("judge() refuses a difference that nobody listed", () => {
  assertEquals(verdicts({ "more": "1" }, { "more": "2" }), [
    ...WELL,
    "more: wrong",
  ]);
  assertEquals(verdicts({ "log: bad": "said" }, {}), [
    ...WELL,
    "log: bad: wrong",
  ]);
});

Deno.test("judge() refuses a listed difference that is none any more", () => {
  assertEquals(verdicts({}, { "exit": "1" }), [
    "exit: wrong",
    "survives: better",
  ]);
});

Deno.test("judge() refuses other values than the listed ones", () => {
  assertEquals(verdicts({}, { "exit": "2" })[0], "exit: wrong");
});

Deno.test("judge() refuses a weakness that we share, or nginx has not", () => {
  assertEquals(verdicts({}, { "survives": "no" })[1], "survives: wrong");
  assertEquals(verdicts({ "survives": "yes" }, {})[1], "survives: wrong");
});

Deno.test("judge() refuses what is equal and wrong on both", () => {
  const wrong = { "answer": "500" };
  assertEquals(verdicts(wrong, wrong).includes("answer: wrong"), true);
  const left = { "left: processes": "worker" };
  assertEquals(verdicts(left, left).includes("left: processes: wrong"), true);
});

Deno.test("judge() refuses an expectation that nobody has shown", () => {
  const sides = { nginx: facts(NGINX), procmgr: facts(PROCMGR) };
  const scenario = { ...SCENARIO, expect: { "later": "yes" } };
  const { facts: judged } = judge(scenario, sides, LISTS);
  const later = judged.find(({ fact }) => fact === "later");
  assertEquals(later?.verdict, "wrong");
});

Deno.test("unused() names the lines that no scenario needed", () => {
  const sides = { nginx: facts(NGINX), procmgr: facts(PROCMGR) };
  const verdict = judge(SCENARIO, sides, LISTS);
  assertEquals(unused(LISTS, [verdict]), []);
  const none: Lists = { ...LISTS, divergences: [ROW, { ...ROW, fact: "x" }] };
  assertEquals(unused(none, [verdict]).length, 1);
});
