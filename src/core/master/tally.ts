/**
 * Counting what happens, after each step, from its event and what it decided:
 * no decision has to remember to count, and nothing is counted twice. A late
 * event counts for nothing. Source: s6-svdt's death tally.
 */

import type { Exit } from "../../base/exit.ts";
import { EXIT_CODE } from "../../base/exit_code.ts";
import type { Counts } from "./counts.ts";
import type { MasterEffect } from "./effect.ts";
import type { MasterEvent } from "./event.ts";
import type { MasterState, Step } from "./state.ts";
import { liveSlotOf } from "./state.ts";

/** The state a step leads to, with what happened in it counted. */
export function countStep(
  before: MasterState,
  event: MasterEvent,
  { state, effects }: Step,
): MasterState {
  const added = [
    ...eventCounts(before, event),
    ...effects.flatMap((effect) => effectCounts(event, effect)),
    ...changeCounts(before, state),
  ];
  if (added.length === 0) return state;
  const counts: { -readonly [Name in keyof Counts]: number } = {
    ...state.counts,
  };
  for (const [name, count] of added) counts[name] += count;
  return { ...state, counts };
}

type Added = readonly [keyof Counts, number];

/** A late event of a child counts for nothing. */
function eventCounts(
  before: MasterState,
  event: MasterEvent,
): readonly Added[] {
  switch (event.kind) {
    case "childExited":
      return liveSlotOf(before, event) ? [[exitName(event.exit), 1]] : [];
    case "connectionsCut":
      return liveSlotOf(before, event)
        ? [["connectionsCut", event.connections]]
        : [];
    case "orphanReaped":
      return [["orphansReaped", 1]];
    default:
      return [];
  }
}

function exitName(exit: Exit): keyof Counts {
  if (exit.kind === "signal") return "exitsKilled";
  if (exit.code === EXIT_CODE.DONE) return "exitsDone";
  return exit.code === EXIT_CODE.FATAL ? "exitsFatal" : "exitsFailed";
}

/** What begins workers nobody had before: not a respawn. */
const FRESH_SPAWNS: readonly MasterEvent["kind"][] = [
  "pidFileWritten",
  "signalled",
  "controlRequested",
];

function effectCounts(
  event: MasterEvent,
  effect: MasterEffect,
): readonly Added[] {
  if (effect.kind === "spawn") {
    const isFresh = FRESH_SPAWNS.includes(event.kind);
    return isFresh ? [["spawns", 1]] : [["spawns", 1], ["respawns", 1]];
  }
  if (effect.kind !== "log") return [];
  switch (effect.notice.kind) {
    case "spawnFailed":
      return [["spawnFailures", 1]];
    case "changeoverFailed":
      return effect.notice.kept > 0 ? [["reloadsFailed", 1]] : [];
    default:
      return [];
  }
}

function changeCounts(before: MasterState, after: MasterState): Added[] {
  const added: Added[] = [];
  if (before.generation > 0 && after.generation !== before.generation) {
    added.push(["reloads", 1]);
  }
  for (const [index, { phase }] of after.slots.entries()) {
    if (phase === before.slots[index]?.phase) continue;
    if (phase === "serving") added.push(["readies", 1]);
    if (phase === "draining") added.push(["drains", 1]);
  }
  return added;
}
