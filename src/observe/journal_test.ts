/** Record, dump, read and replay; garbage in a dump is a value. */

import { assert, assertEquals } from "@std/assert";
import { toPid } from "../base/id.ts";
import {
  at,
  exited,
  fresh,
  KILLED,
  loaded,
  opened,
  pidWritten,
  planOf,
  signalled,
  spawned,
  started,
  take,
  TIMER,
  told,
} from "../../tests/support/core.ts";
import { toMilliseconds } from "../base/unit.ts";
import { NO_COUNTS } from "../core/master/counts.ts";
import type { MasterEvent } from "../core/master/event.ts";
import type { MasterState } from "../core/master/state.ts";
import { step } from "../core/master/step.ts";
import type { Dump, Journal } from "./journal.ts";
import { createJournal, parseDump, replay } from "./journal.ts";

/** A short life, recorded; the state it came to. */
function lived(
  journal: Journal,
  first: MasterState = fresh(),
  events: readonly ((state: MasterState) => MasterEvent)[] = [
    () => loaded(planOf(1)),
    () => opened(),
    () => pidWritten(),
    (state) => spawned(state, 0),
    (state) => told("childReady", state, 0),
    (state) => exited(KILLED, state),
    () => signalled("SIGQUIT"),
  ],
): MasterState {
  return events.reduce((state, eventOf, index) => {
    const event = eventOf(state);
    const now = at(index * 1.5);
    const next = take(state, event, now);
    journal.record(state, { now, event, effects: next.effects });
    return next.state;
  }, first);
}

function read(journal: Journal): Dump {
  const parsed = parseDump(journal.dump(NO_COUNTS));
  assert(parsed.ok);
  return parsed.dump;
}

Deno.test("dump() is the state before and one line per entry", () => {
  const journal = createJournal();
  assertEquals(journal.dump(NO_COUNTS), "");
  lived(journal);
  const lines = journal.dump(NO_COUNTS).split("\n");
  assertEquals(lines.length, 10);
  assertEquals(lines.at(-1), "");
  assertEquals(
    lines.at(-2)?.slice(0, 36),
    '{"kind":"counts","counts":{"spawns":',
  );
  assertEquals(lines[0]?.slice(0, 34), '{"kind":"state","state":{"mode":"s');
  assertEquals(
    lines[1]?.slice(0, 53),
    '{"kind":"entry","now":0,"event":{"kind":"configLoaded',
  );
});

Deno.test("dump() keeps the last entries and the state before them", () => {
  const journal = createJournal(2);
  const last = lived(journal);
  const { initial, entries } = read(journal);
  assertEquals(entries.map(({ event: { kind }, now }) => `${kind} ${now}`), [
    "childExited 7.5",
    "signalled 9",
  ]);
  assertEquals(initial.mode, "running");
  assertEquals(replay(initial, entries, step), { ok: true, state: last });
});

Deno.test("parseDump() gives back what was recorded", () => {
  const limits = { drainTimeoutMs: toMilliseconds(0) };
  const first = started(planOf(1, { limits }));
  // Without a deadline a draining slot says so with undefined.
  const draining = take(first, signalled("SIGQUIT")).state;
  for (const state of [fresh(), first, draining]) {
    const journal = createJournal();
    lived(journal, state, [() => TIMER]);
    assertEquals(read(journal), {
      initial: state,
      entries: [{ now: at(0), event: TIMER, effects: [] }],
    });
  }
});

Deno.test("replay() stops where a decision is another", () => {
  const journal = createJournal();
  lived(journal);
  const { initial, entries } = read(journal);
  const forged = entries.map((entry, index) =>
    index === 4
      ? { ...entry, effects: [{ kind: "reopenLogs" } as const] }
      : entry
  );
  const replayed = replay(initial, forged, step);
  assert(!replayed.ok);
  assertEquals(replayed.index, 4);
  assertEquals(replayed.expected, [{ kind: "reopenLogs" }]);
  assertEquals(replayed.actual, entries[4]?.effects);
});

Deno.test("replay() depends on the state before", () => {
  const journal = createJournal();
  lived(journal);
  const { initial, entries } = read(journal);
  const other = { ...initial, changeover: undefined };
  assertEquals(replay(other, entries, step).ok, false);
  const pid = toPid(999);
  const strangers = entries.map((entry) =>
    entry.event.kind === "childExited"
      ? { ...entry, event: { ...entry.event, pid } }
      : entry
  );
  assertEquals(replay(initial, strangers, step).ok, false);
});

Deno.test("parseDump() names the line that is wrong", () => {
  const journal = createJournal();
  lived(journal);
  const [head = "", entry = ""] = journal.dump(NO_COUNTS).split("\n");
  const cases: readonly (readonly [string, number])[] = [
    ["", 1],
    ["garbage", 1],
    ["null", 1],
    ["[]", 1],
    ['{"kind":"state"}', 1],
    ['{"kind":"state","state":null}', 1],
    ['{"kind":"state","state":{}}', 1],
    ['{"kind":"state","state":{"slots":[null]}}', 1],
    [entry, 1],
    [`${head}\ngarbage`, 2],
    [`${head}\n${head}`, 2],
    [`${head}\n${entry}\n{"kind":"entry"}`, 3],
    [`${head}\n{"kind":"entry","now":"1","event":{},"effects":[]}`, 2],
    [`${head}\n{"kind":"entry","now":1,"event":null,"effects":[]}`, 2],
    [`${head}\n{"kind":"entry","now":1,"event":{},"effects":[]}`, 2],
    [`${head}\n{"kind":"entry","now":1,"event":{"kind":"x"}}`, 2],
    [`${head}\n${entry.slice(0, -1)}`, 2],
  ];
  for (const [text, line] of cases) {
    const parsed = parseDump(text);
    assert(!parsed.ok, text);
    assertEquals(parsed.line, line, text);
  }
});

Deno.test("parseDump() does without the last newline", () => {
  const journal = createJournal();
  lived(journal);
  const parsed = parseDump(journal.dump(NO_COUNTS).trimEnd());
  assertEquals(parsed, { ok: true, dump: read(journal) });
});
