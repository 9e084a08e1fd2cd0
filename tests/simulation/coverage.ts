/**
 * What the runs reached: which event met which phase of its slot, which event
 * met which mode of the master, and which notices were said. A pair that is
 * never reached is a gap in the simulator, or dead code in the master.
 */

import type { MasterEvent } from "../../src/core/master/event.ts";
import { PHASES } from "../../src/core/master/slot.ts";
import { liveSlotOf, MODES, slotAt } from "../../src/core/master/state.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import type { Transition } from "./transition.ts";

/** Events about one slot. `timerFired` counts for each slot that was due. */
const SLOT_EVENTS = [
  "childSpawned",
  "spawnFailed",
  "childReady",
  "childDraining",
  "childReopened",
  "zoneLoaded",
  "meshAsked",
  "channelClosed",
  "channelBroken",
  "sendFailed",
  "connectionsCut",
  "childExited",
  "timerFired",
] as const;

const MASTER_EVENTS = [
  "signalled",
  "configLoaded",
  "configRejected",
  "listenersOpened",
  "listenersFailed",
  "pidFileWritten",
  "pidFileFailed",
  "childSpawned",
  "spawnFailed",
  "childReady",
  "childDraining",
  "childReopened",
  "zoneLoaded",
  "meshAsked",
  "channelClosed",
  "channelBroken",
  "sendFailed",
  "connectionsCut",
  "childExited",
  "processEnded",
  "orphanReaped",
  "starterLost",
  "timerFired",
  "controlRequested",
  "controlClosed",
  "pidFileRenamed",
  "pidFileRenameFailed",
  "upgradeSpawned",
  "upgradeSpawnFailed",
  "upgradeReady",
  "upgradeExited",
] as const satisfies readonly MasterEvent["kind"][];

const STAGES = ["loading", "opening", "retrying", "recording", "booting"];

/** Pairs that cannot be, each with its reason. */
const IMPOSSIBLE: readonly { readonly pair: RegExp; readonly why: string }[] = [
  {
    pair: /^relaying ×/,
    why: "nothing but the new master, signals and orphans is heard of then",
  },
  { pair: /^exited ×/, why: "the loop ends with the exit effect" },
  {
    pair:
      /^(starting|loading|opening|retrying|recording|booting) × (pidFileRename|upgrade)/,
    why: "no upgrade begins then, and no reload in an upgrade",
  },
  {
    pair: /^(vacant|spawning|serving|failed) × timerFired/,
    why: "these phases have no deadline",
  },
  {
    pair:
      /^(vacant|spawning|waiting|failed) × (channelBroken|sendFailed|connectionsCut)/,
    why: "nothing of a child follows its exit, and only live ones are sent to",
  },
  {
    pair: /^(booting|serving) × connectionsCut/,
    why: "a worker cuts connections on its way out, which it has said",
  },
  {
    pair:
      /^(vacant|booting|serving|draining|terminating|waiting|failed) × (childSpawned|spawnFailed)/,
    why: "each spawn is answered once, and its slot waits for it",
  },
];

/** Counts of everything reached. */
export class Coverage {
  readonly pairs = new Map<string, number>();
  readonly notices = new Map<string, number>();

  /** Count one step. */
  note(step: Transition): void {
    const { before, event, effects } = step;
    this.#count(`${before.mode} × ${event.kind}`);
    const stage = before.changeover?.stage;
    if (stage !== undefined) this.#count(`${stage} × ${event.kind}`);
    if (event.kind === "timerFired") this.#noteDue(step);
    else if ("slot" in event) {
      const late = isLate(before, event) ? " (late)" : "";
      const { phase } = slotAt(before, event.slot);
      this.#count(`${phase} × ${event.kind}${late}`);
    }
    for (const effect of effects) {
      if (effect.kind !== "log") continue;
      const { kind } = effect.notice;
      this.notices.set(kind, (this.notices.get(kind) ?? 0) + 1);
    }
  }

  /** The pairs of phase, stage or mode and event there could be. */
  possible(): readonly string[] {
    const all = [
      ...pairsOf(MODES, MASTER_EVENTS),
      ...pairsOf(STAGES, MASTER_EVENTS),
      ...pairsOf(PHASES, SLOT_EVENTS),
    ];
    return [...new Set(all)].filter((pair) =>
      !IMPOSSIBLE.some((row) => row.pair.test(pair))
    );
  }

  /** Possible and never reached, late or not. */
  missing(): readonly string[] {
    return this.possible().filter((pair) =>
      !this.pairs.has(pair) && !this.pairs.has(`${pair} (late)`)
    );
  }

  /** Add the counts of another. */
  add(other: Coverage): void {
    for (const [pair, count] of other.pairs) {
      this.pairs.set(pair, (this.pairs.get(pair) ?? 0) + count);
    }
    for (const [kind, count] of other.notices) {
      this.notices.set(kind, (this.notices.get(kind) ?? 0) + count);
    }
  }

  #noteDue({ before, now }: Transition): void {
    for (const slot of before.slots) {
      const isDue = "deadline" in slot && slot.deadline !== undefined &&
        slot.deadline <= now;
      if (isDue) this.#count(`${slot.phase} × timerFired`);
    }
  }

  #count(pair: string): void {
    this.pairs.set(pair, (this.pairs.get(pair) ?? 0) + 1);
  }
}

function isLate(
  before: MasterState,
  event: Extract<MasterEvent, { readonly slot: unknown }>,
): boolean {
  if ("pid" in event && event.kind !== "childSpawned") {
    return liveSlotOf(before, event) === undefined;
  }
  const slot = slotAt(before, event.slot);
  return slot.phase !== "spawning" || slot.generation !== event.generation;
}

function pairsOf(
  left: readonly string[],
  right: readonly string[],
): readonly string[] {
  return left.flatMap((one) => right.map((other) => `${one} × ${other}`));
}
