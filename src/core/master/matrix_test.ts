/**
 * The phase × event matrix: for every mode and slot phase, and for every stage
 * of a changeover, what each kind of event leads to. One line per pair:
 *
 *     mode phase event -> next phase [next mode] | effects
 *
 * `matrix.snap` is the table s6 and h11 draw by hand; review reads its diff.
 * UPDATE_SNAPSHOTS=1 writes it. A line that starts with "~" is of a state that
 * cannot be (see check.ts): decided all the same, for `step` is total.
 */

import { assertEquals } from "@std/assert";
import {
  asked,
  at,
  broken,
  code,
  cut,
  deepFreeze,
  exited,
  failed,
  fresh,
  IN_USE,
  KILLED,
  labelOf,
  loaded,
  NO_ACCESS,
  opened,
  openFailed,
  pidFailed,
  pidWritten,
  planOf,
  refAt,
  rejected,
  sendFailed,
  signalled,
  slotIn,
  spawned,
  spawnFailed,
  started,
  take,
  TIMER,
  told,
  TRY_AGAIN,
  withCache,
  zoneLoaded,
} from "../../../tests/support/core.ts";
import type { Pid } from "../../base/id.ts";
import { toGeneration, toOrdinal, toPid } from "../../base/id.ts";
import { helperName } from "../../base/role.ts";
import { checkState } from "./check.ts";
import type { MasterEvent } from "./event.ts";
import { SIGNALS } from "./signal.ts";
import type { Phase, Slot } from "./slot.ts";
import { isAssigned, PHASES } from "./slot.ts";
import type { Changeover, MasterState, Mode, Upgrade } from "./state.ts";
import { isOccupied, MODES } from "./state.ts";
import { step } from "./step.ts";

const SNAPSHOT = new URL("./matrix.snap", import.meta.url);

/** An event, named as in the table, and when it comes. */
interface Happening {
  readonly name: string;
  readonly event: MasterEvent;
  readonly now?: number;
}

type Kind = MasterEvent["kind"];

/** A state, named as in the table. */
interface Situation {
  readonly name: string;
  readonly state: MasterState;
}

/** The ways each kind of event can come; by kind, so that none is left out. */
function happeningsIn(
  state: MasterState,
): { readonly [Of in Kind]: readonly Happening[] } {
  const coming = state.changeover?.generation ?? state.generation;
  const plan = planOf(1);
  return {
    signalled: SIGNALS.map(({ signal }) => one(signal, signalled(signal))),
    controlRequested:
      (["reload", "quit", "terminate", "reopen", "upgrade"] as const)
        .map((request) => one(request, asked(request))),
    controlClosed: [one("", { kind: "controlClosed", token: 7 })],
    configLoaded: ofGeneration(coming, (of) => loaded(plan, of)),
    configRejected: ofGeneration(coming, (of) => rejected(of)),
    listenersOpened: ofGeneration(coming, (of) => opened(of)),
    listenersFailed: [
      one("in use", openFailed(IN_USE, coming)),
      ...ofGeneration(coming, (of) => openFailed(NO_ACCESS, of)),
    ],
    pidFileWritten: ofGeneration(coming, (of) => pidWritten(of)),
    pidFileFailed: ofGeneration(coming, (of) => pidFailed(of)),
    childSpawned: child(spawned(state, 0)),
    spawnFailed: child(spawnFailed(state, 0)),
    childReady: child(told("childReady", state, 0)),
    childDraining: child(told("childDraining", state, 0)),
    childFailed: child(failed(state, 0)),
    zoneLoaded: child(zoneLoaded(state, 0)),
    meshAsked: child(told("meshAsked", state, 0)),
    mailboxesFailed: child({
      kind: "mailboxesFailed",
      error: TRY_AGAIN,
      ...refAt(state, 0),
    }),
    childReopened: child(told("childReopened", state, 0)),
    channelClosed: child(told("channelClosed", state, 0)),
    channelBroken: child(broken(state, 0)),
    sendFailed: [
      ...(["init", "quit", "terminate", "reopen"] as const)
        .map((command) => one(command, sendFailed(command, state, 0))),
      stale(sendFailed("quit", state, 0)),
    ],
    childExited: [
      ...[0, 1, 2].map((value) =>
        one(`code ${value}`, exited(code(value), state))
      ),
      one("signal", exited(KILLED, state)),
      stale(exited(KILLED, state)),
    ],
    connectionsCut: child(cut(state, 3)),
    processEnded: [
      one("of a child", { kind: "processEnded", process: refAt(state, 0).pid }),
      one("of an orphan", { kind: "processEnded", process: toPid(4711) }),
    ],
    orphanReaped: [
      one("", { kind: "orphanReaped", process: toPid(4711), exit: code(3) }),
    ],
    starterLost: [one("", { kind: "starterLost" })],
    ...UPGRADE_HAPPENINGS,
    timerFired: [
      { ...one("early", TIMER), now: 1000 },
      { ...one("due", TIMER), now: 10_000 },
      { ...one("late", TIMER), now: 15_001 },
    ],
  };
}

function one(way: string, event: MasterEvent): Happening {
  return { name: way === "" ? event.kind : `${event.kind} ${way}`, event };
}

/** The new master, where there is one. */
const SUCCESSOR = toPid(900);

function ofSuccessor(
  event: (pid: Pid) => MasterEvent,
): readonly Happening[] {
  const { kind } = event(SUCCESSOR);
  return [
    one("", event(SUCCESSOR)),
    { name: `${kind} other`, event: event(toPid(901)) },
  ];
}

/** The kinds that tell of an upgrade. */
type UpgradeKind = Extract<
  Kind,
  | `pidFileRename${string}`
  | `upgrade${string}`
  | `master${string}`
  | "predecessorLost"
>;

const UPGRADE_HAPPENINGS: {
  readonly [Of in UpgradeKind]: readonly Happening[];
} = {
  pidFileRenamed: [one("", { kind: "pidFileRenamed" })],
  pidFileRenameFailed: [
    one("", { kind: "pidFileRenameFailed", error: NO_ACCESS }),
  ],
  upgradeSpawned: [one("", { kind: "upgradeSpawned", pid: SUCCESSOR })],
  upgradeSpawnFailed: [
    one("", { kind: "upgradeSpawnFailed", error: NO_ACCESS }),
  ],
  upgradeReady: ofSuccessor((pid) => ({ kind: "upgradeReady", pid })),
  upgradeReported: ofSuccessor((pid) => ({
    kind: "upgradeReported",
    reason: "no app",
    pid,
  })),
  upgradeExited: [
    ...ofSuccessor((pid) => ({
      kind: "upgradeExited",
      exit: code(1),
      pid,
    })),
    one("signal", { kind: "upgradeExited", exit: KILLED, pid: SUCCESSOR }),
  ],
  masterFound: [one("", { kind: "masterFound", pid: SUCCESSOR })],
  masterLost: [one("", { kind: "masterLost" })],
  predecessorLost: [one("", { kind: "predecessorLost" })],
};

function ofGeneration(
  generation: number,
  event: (generation: number) => MasterEvent,
): readonly Happening[] {
  return [one("", event(generation)), one("stale", event(generation - 1))];
}

/** Of the child in the slot, and of one that was there before. */
function child(event: MasterEvent): readonly Happening[] {
  return [one("", event), stale(event)];
}

function stale(event: MasterEvent): Happening {
  const generation = toGeneration(0);
  const late = "pid" in event
    ? { ...event, pid: toPid(1), generation }
    : { ...event, generation };
  return one("stale", late as MasterEvent);
}

/** A lone worker in each phase, in each mode; and a newcomer beside it. */
function situations(): readonly Situation[] {
  const running = started();
  const modes: Readonly<Record<Mode, (slot: Slot) => MasterState>> = {
    starting: (slot) => ({
      ...fresh(),
      changeover: booting(1),
      slots: [slot],
    }),
    running: (slot) => ({ ...running, slots: [slot] }),
    quitting: (slot) => ({ ...running, mode: "quitting", slots: [slot] }),
    terminating: (slot) => ({
      ...running,
      mode: "terminating",
      slots: [slot],
    }),
    relaying: (slot) => ({
      ...running,
      mode: "relaying",
      upgrade: { isDriven: false, stage: "ready", pid: SUCCESSOR },
      slots: [slot],
    }),
    exited: (slot) => ({ ...running, mode: "exited", slots: [slot] }),
  };
  const alone = MODES.flatMap((mode) =>
    PHASES.map((phase) => ({
      name: `${mode} ${phase}`,
      state: modes[mode](slotIn(phase)),
    }))
  );
  return [
    ...alone,
    ...newcomers(running),
    ...replaced(running),
    ...helpers(),
  ];
}

/** Running and reloading; the slot belongs to the coming generation. */
function newcomers(running: MasterState): readonly Situation[] {
  return PHASES.map((phase: Phase) => ({
    name: `reloading ${phase}`,
    state: {
      ...running,
      generationLast: toGeneration(2),
      changeover: booting(2),
      slots: [
        slotIn(phase, { generation: toGeneration(2), pid: toPid(200) }),
        slotIn("serving"),
      ],
    },
  }));
}

/** Running; the slot's worker is not wanted, or has a replacement. */
function replaced(running: MasterState): readonly Situation[] {
  const surplus = { ordinal: toOrdinal(1) };
  const beside = slotIn("serving", { pid: toPid(101) });
  return [
    ...PHASES.map((phase) => ({
      name: `surplus ${phase}`,
      state: { ...running, slots: [slotIn(phase, surplus), beside] },
    })),
    {
      name: "replaced draining",
      state: { ...running, slots: [slotIn("draining"), beside] },
    },
    {
      name: "replaced terminating",
      state: { ...running, slots: [drainedBefore(), beside] },
    },
  ];
}

/** Running with a cache; the slot's child is one of the helpers. */
function helpers(): readonly Situation[] {
  const running = started(withCache(planOf(1)));
  const worker = running.slots[0] ?? slotIn("serving");
  return (["cache_manager", "cache_loader"] as const).flatMap((helper) =>
    PHASES.map((phase) => {
      const pool = helperName(helper);
      const slot = slotIn(phase, { helper, pool, pid: toPid(200) });
      const beside = running.slots.slice(1).filter((one) =>
        isAssigned(one) && one.helper !== helper
      );
      return {
        name: `${helper} ${phase}`,
        state: { ...running, slots: [slot, worker, ...beside] },
      };
    })
  );
}

function drainedBefore(): Slot {
  return { ...slotIn("terminating"), replaced: true } as Slot;
}

function booting(generation: number): Changeover {
  return {
    generation: toGeneration(generation),
    stage: "booting",
    plan: planOf(1),
    deadline: at(60_000),
  };
}

/** Every stage of a changeover, at the start and while running. */
function stages(): readonly Situation[] {
  const deadline = at(10_000);
  const plan = planOf(1);
  const all: readonly ((generation: Changeover["generation"]) => Changeover)[] =
    [
      (generation) => ({ generation, stage: "loading" }),
      (generation) => ({ generation, stage: "opening", plan, attempt: 1 }),
      (generation) => ({
        generation,
        stage: "retrying",
        plan,
        attempt: 1,
        deadline,
      }),
      (generation) => ({ generation, stage: "recording", plan }),
      (generation) => ({ generation, stage: "booting", plan, deadline }),
    ];
  const hupped = take(started(), signalled("SIGHUP")).state;
  return [fresh(), hupped].flatMap((state) =>
    all.map((stageOf) => {
      const changeover = stageOf(state.generationLast);
      const name = `${state.mode} stage ${changeover.stage}`;
      return { name, state: { ...state, changeover } };
    })
  );
}

/** Every stage of an upgrade, before and after WINCH, and in an end. */
function upgrades(): readonly Situation[] {
  const deadline = at(10_000);
  const pid = SUCCESSOR;
  const reason = "it was not ready in time";
  const stages: readonly Omit<Upgrade, "isDriven">[] = [
    { stage: "renaming" },
    { stage: "executing" },
    { stage: "booting", pid, deadline } as Omit<Upgrade, "isDriven">,
    { stage: "ready", pid } as Omit<Upgrade, "isDriven">,
    { stage: "terminating", pid, deadline, reason } as Omit<
      Upgrade,
      "isDriven"
    >,
  ];
  const running = started();
  const emptied = take(running, signalled("SIGWINCH")).state;
  const quitting = take(running, signalled("SIGQUIT")).state;
  return [false, true].flatMap((isDriven) =>
    stages.flatMap((stage) =>
      ([["", running], ["empty ", emptied], ["quitting ", quitting]] as const)
        .map(([name, state]) => ({
          name: `${name}upgrade ${isDriven ? "driven " : ""}${stage.stage}`,
          state: { ...state, upgrade: { ...stage, isDriven } as Upgrade },
        }))
    )
  );
}

/** A new master beside the old one, at its start, running and in its end. */
function inheriting(): readonly Situation[] {
  const running = started();
  return (["alive", "gone"] as const).flatMap((predecessor) => [
    {
      name: `${predecessor} predecessor starting`,
      state: {
        ...fresh(),
        predecessor,
        changeover: booting(1),
        slots: [slotIn("booting")],
      },
    },
    {
      name: `${predecessor} predecessor running`,
      state: { ...running, predecessor },
    },
    {
      name: `${predecessor} predecessor quitting`,
      state: {
        ...take(running, signalled("SIGQUIT")).state,
        predecessor,
      },
    },
  ]);
}

/** The kinds that an upgrade makes a difference to. */
const UPGRADE_KINDS: readonly Kind[] = [
  "signalled",
  "controlRequested",
  "childReady",
  "childExited",
  "pidFileRenamed",
  "pidFileRenameFailed",
  "upgradeSpawned",
  "upgradeSpawnFailed",
  "upgradeReady",
  "upgradeReported",
  "upgradeExited",
  "predecessorLost",
  "timerFired",
];

/** The kinds that a changeover's stage makes a difference to. */
const STAGE_KINDS: readonly Kind[] = [
  "signalled",
  "configLoaded",
  "configRejected",
  "listenersOpened",
  "listenersFailed",
  "pidFileWritten",
  "pidFileFailed",
  "starterLost",
  "timerFired",
];

function lineOf(
  { name, state }: Situation,
  happening: Happening,
  isStage: boolean,
): string {
  const now = at(happening.now ?? 1000);
  const before = deepFreeze(state);
  const after = step(before, deepFreeze(happening.event), now);
  const mark = checkState(before).length === 0 ? "" : "~ ";
  const next = isStage
    ? after.state.changeover?.stage ?? "none"
    : after.state.slots[refAt(state, 0).slot]?.phase ?? "vacant";
  const mode = after.state.mode === state.mode ? "" : ` ${after.state.mode}`;
  const effects = after.effects.map(labelOf).join(", ");
  const stage = after.state.upgrade?.stage ?? "none";
  const upgrade = stage === (state.upgrade?.stage ?? "none")
    ? ""
    : ` upgrade ${stage}`;
  const line = `${name} ${happening.name} -> ${next}${mode}${upgrade}`;
  return `${mark}${line} | ${effects}`.trimEnd();
}

/** Whether a stale reference can be mistaken for anything here. */
function matters({ state }: Situation, { name, event }: Happening): boolean {
  if (!name.endsWith("stale")) return true;
  return "slot" in event && state.slots.slice(0, 1).some(isOccupied);
}

function matrix(): readonly string[] {
  const slots = situations().flatMap((situation) =>
    Object.values(happeningsIn(situation.state)).flat()
      .filter((happening) => matters(situation, happening))
      .map((happening) => lineOf(situation, happening, false))
  );
  const changeovers = stages().flatMap((situation) => {
    const happenings = happeningsIn(situation.state);
    return STAGE_KINDS.flatMap((kind) => happenings[kind])
      .map((happening) => lineOf(situation, happening, true));
  });
  const successions = [...upgrades(), ...inheriting()].flatMap((situation) => {
    const happenings = happeningsIn(situation.state);
    return UPGRADE_KINDS.flatMap((kind) => happenings[kind])
      .filter((happening) => matters(situation, happening))
      .map((happening) => lineOf(situation, happening, false));
  });
  return [...slots, ...changeovers, ...successions];
}

/** What a line is about: everything before the arrow. */
function pairOf(line: string): string {
  return line.slice(0, line.indexOf(" -> ")).replace(/^~ /, "");
}

Deno.test("step() decides every pair of phase and event as in matrix.snap", () => {
  const lines = matrix();
  if (Deno.env.get("UPDATE_SNAPSHOTS") === "1") {
    Deno.writeTextFileSync(SNAPSHOT, `${lines.join("\n")}\n`);
  }
  const stored = Deno.readTextFileSync(SNAPSHOT).trimEnd().split("\n");
  // Pairs first: a missing one is said as such, not as a thousand diffs.
  const known = new Set(stored.map(pairOf));
  const missing = lines.map(pairOf).filter((pair) => !known.has(pair));
  assertEquals(missing, [], "pairs without a decision in matrix.snap");
  const stale = stored.filter((line) => !lines.includes(line));
  const changed = lines.filter((line) => !stored.includes(line));
  assertEquals(changed, stale, "run with UPDATE_SNAPSHOTS=1 and review");
  assertEquals(lines.length, stored.length);
});

Deno.test("the matrix has every pair once", () => {
  const pairs = matrix().map(pairOf);
  assertEquals(new Set(pairs).size, pairs.length);
  for (const mode of MODES) {
    for (const phase of PHASES) {
      const kinds = Object.keys(happeningsIn(fresh()));
      for (const kind of kinds) {
        const start = `${mode} ${phase} ${kind}`;
        assertEquals(pairs.some((pair) => pair.startsWith(start)), true, start);
      }
    }
  }
});
