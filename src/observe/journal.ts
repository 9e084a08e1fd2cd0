/**
 * The master's memory of its last decisions: for each, when it was, what had
 * happened, what was decided, and the state before. Always on, bounded, free
 * of secrets because events carry none. A dump is replayed through `step`:
 * what the simulator's seed is in a test, this is in production.
 *
 * A dump is JSON lines: the state before the oldest entry, the entries, and
 * what has happened since the start in numbers.
 *
 *     {"kind":"state","state":{…}}
 *     {"kind":"entry","now":12.5,"event":{…},"effects":[…]}
 *     {"kind":"counts","counts":{…}}
 *
 * Source: TigerBeetle's simulator; the flight recorder of OTP's
 * `sys:log`. It must not decide anything and never throws.
 */

import type { Instant } from "../base/unit.ts";
import { Ring } from "../base/ring.ts";
import type { Counts } from "../core/master/counts.ts";
import type { MasterEffect } from "../core/master/effect.ts";
import type { MasterEvent } from "../core/master/event.ts";
import type { MasterState, Step } from "../core/master/state.ts";

/** How many entries the master keeps. */
export const JOURNAL_ENTRIES_MAX = 256;

/** One decision. */
export interface JournalEntry {
  readonly now: Instant;
  readonly event: MasterEvent;
  readonly effects: readonly MasterEffect[];
}

/** The last decisions, in memory. */
export interface Journal {
  /** Add a decision and the state it was made in; the oldest makes room. */
  record(before: MasterState, entry: JournalEntry): void;
  /** JSON lines, each ended by a newline; empty when nothing happened. */
  dump(counts: Counts): string;
}

/** A dump, read. */
export interface Dump {
  /** The state before the first entry. */
  readonly initial: MasterState;
  readonly entries: readonly JournalEntry[];
}

/** A dump or what is wrong with it, by line from 1. */
export type ParsedDump =
  | { readonly ok: true; readonly dump: Dump }
  | { readonly ok: false; readonly line: number; readonly reason: string };

/** Where a replay went: to the last state, or another way at an entry. */
export type Replayed =
  | { readonly ok: true; readonly state: MasterState }
  | {
    readonly ok: false;
    /** The entry, from 0. */
    readonly index: number;
    readonly expected: readonly MasterEffect[];
    readonly actual: readonly MasterEffect[];
  };

/** An empty journal of at most that many entries. */
export function createJournal(entriesMax = JOURNAL_ENTRIES_MAX): Journal {
  const ring = new Ring<{
    readonly before: MasterState;
    readonly entry: JournalEntry;
  }>(entriesMax);

  return {
    record: (before, entry) => ring.push({ before, entry }),
    dump: (counts) => {
      const all = ring.toArray();
      const [oldest] = all;
      if (oldest === undefined) return "";
      const lines = [
        { kind: "state", state: oldest.before },
        ...all.map(({ entry: { now, event, effects } }) =>
          ({ kind: "entry", now, event, effects }) as const
        ),
        { kind: "counts", counts },
      ];
      return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    },
  };
}

/** Read a dump; its shape is checked, its content taken at its word. */
export function parseDump(text: string): ParsedDump {
  const [head = "", ...rest] = text.split("\n").filter((line) => line !== "");
  const first = parseLine(head);
  if (!isStateLine(first)) {
    return { ok: false, line: 1, reason: "the state before is missing" };
  }
  const entries: JournalEntry[] = [];
  for (const [index, line] of rest.entries()) {
    const value = parseLine(line);
    // The entries lead to the same numbers: they are for a reader's eyes.
    if (isRecord(value) && value["kind"] === "counts") continue;
    if (!isEntryLine(value)) {
      return { ok: false, line: index + 2, reason: "no entry of a journal" };
    }
    const { now, event, effects } = value;
    entries.push({ now, event, effects });
  }
  return { ok: true, dump: { initial: restored(first.state), entries } };
}

/**
 * Make the same decisions again. Two decisions are the same when their
 * effects read the same; the first that does not ends the replay.
 */
export function replay(
  initial: MasterState,
  entries: readonly JournalEntry[],
  step: (state: MasterState, event: MasterEvent, now: Instant) => Step,
): Replayed {
  let state = initial;
  for (const [index, { now, event, effects }] of entries.entries()) {
    const next = step(state, event, now);
    if (JSON.stringify(next.effects) !== JSON.stringify(effects)) {
      return { ok: false, index, expected: effects, actual: next.effects };
    }
    state = next.state;
  }
  return { ok: true, state };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isStateLine(
  value: unknown,
): value is { readonly state: MasterState } {
  if (!isRecord(value) || value["kind"] !== "state") return false;
  const state = value["state"];
  return isRecord(state) && Array.isArray(state["slots"]) &&
    state["slots"].every(isRecord);
}

function isEntryLine(value: unknown): value is JournalEntry {
  return isRecord(value) && value["kind"] === "entry" &&
    typeof value["now"] === "number" && isRecord(value["event"]) &&
    typeof value["event"]["kind"] === "string" &&
    Array.isArray(value["effects"]);
}

function isRecord(
  value: unknown,
): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}

/** JSON has no undefined: put back the fields that mean "none" by it. */
function restored(state: MasterState): MasterState {
  return {
    ...state,
    changeover: state.changeover,
    reopening: state.reopening,
    upgrade: state.upgrade,
    predecessor: state.predecessor,
    slots: state.slots.map((slot) =>
      slot.phase === "draining" ? { ...slot, deadline: slot.deadline } : slot
    ),
  };
}
