/**
 * The master: load the configuration, then for ever take an event, let the
 * core decide, perform. It serves nothing itself.
 *
 * There is a line below which the master must not die (s6-svscan): above it an
 * error is exit 1 and a message; below it the process ends only through an
 * `exit` effect. `step` is pure, so a step that breaks an invariant is dropped
 * with everything it would have done: alert, journal, and on with the state
 * from before. nginx: src/os/unix/ngx_process_cycle.c,
 * ngx_master_process_cycle.
 */

import { EXIT_CODE } from "../base/exit_code.ts";
import { toGeneration, toPid } from "../base/id.ts";
import type { Level } from "../base/level.ts";
import type { Result } from "../base/system_error.ts";
import { formatSystemError, success } from "../base/system_error.ts";
import type { Config } from "../config/config.ts";
import { formatConfigError } from "../config/error.ts";
import type { ConfigSource } from "../config/load.ts";
import { ControlServer } from "../control/server.ts";
import { checkState } from "../core/master/check.ts";
import type { MasterEvent } from "../core/master/event.ts";
import type { Policy } from "../core/master/policy.ts";
import { DEFAULT_POLICY } from "../core/master/policy.ts";
import type { MasterState, Step } from "../core/master/state.ts";
import { initialState, stay } from "../core/master/state.ts";
import { step } from "../core/master/step.ts";
import { nextDeadline } from "../core/master/timer.ts";
import type { Log } from "../log/sink.ts";
import { openLog, writeEarly } from "../log/sink.ts";
import { createJournal, type Journal } from "../observe/journal.ts";
import { createTimer, monotonicNow } from "../os/clock.ts";
import { debugPoint } from "../os/debug_point.ts";
import { leaveAtOnce, leaveProcess } from "../os/leave.ts";
import { raiseNofile } from "../os/limit.ts";
import { startedPath } from "../os/program.ts";
import { setTitle } from "../os/title.ts";
import type { Given } from "./activation.ts";
import { takeGiven } from "./activation.ts";
import { loadWithApps } from "./app_config.ts";
import { Children } from "./children.ts";
import { gatherSignals, Inbox } from "./gather.ts";
import type { Self } from "./handover.ts";
import { daemonCommand, masterCommand, starterOf } from "./handover.ts";
import { Listeners } from "./listeners.ts";
import { Background } from "./background.ts";
import { startDaemon } from "./master_start.ts";
import type { Machine } from "./perform.ts";
import { perform } from "./perform.ts";
import { Orphans } from "./orphans.ts";
import { planFor } from "./plan.ts";
import type { Received } from "./predecessor.ts";
import { receiveInheritance } from "./predecessor.ts";
import { Resources } from "./resources.ts";
import type { NotifyEnv } from "./sd_notify.ts";
import { SdNotify, successorEnv, takeNotifyEnv } from "./sd_notify.ts";
import type { ResidentsModule } from "./master_single.ts";
import { asSingle, loadResidents } from "./master_single.ts";
import { MASTER_TITLE, Successor } from "./successor.ts";

/** What the command line says about a run. */
export interface MasterOptions {
  readonly source: ConfigSource;
  readonly self: Self;
  /** "procmgr/0.1.0", for the log. */
  readonly version: string;
  /** All arguments, with the one that makes this process a daemon. */
  readonly args: readonly string[];
}

/** A single process's app has children: see Orphans. */
const APP_CHILD_PATIENCE_MS = 1000;

/** The first generation is begun by starting. */
const FIRST = toGeneration(1);

/** Run until told to stop; answers with the exit code. */
export async function runMaster(options: MasterOptions): Promise<number> {
  const { source, self, args } = options;
  // Before the title, which takes the place of the arguments.
  const path = self.packed ?? startedPath();
  const starter = starterOf(args);
  const argv = args.slice(starter === undefined ? 0 : 1);
  setTitle([MASTER_TITLE, ...argv].join(" "));
  const received = receiveInheritance();
  const cannotStart = async (reasons: readonly string[]): Promise<number> => {
    for (const reason of reasons) writeEarly("emerg", reason);
    await received?.predecessor?.fail(reasons.join("; "));
    return EXIT_CODE.FAILED;
  };
  const loaded = await loadWithApps(source, self);
  if (!loaded.ok) {
    return cannotStart(loaded.errors.map(formatConfigError));
  }
  const isSingle = !loaded.config.masterProcess;
  const config = isSingle ? asSingle(loaded.config) : loaded.config;
  if (isSingle) setTitle(["procmgr: single process", ...argv].join(" "));
  if (config.daemon && starter === undefined && received === undefined) {
    return await startDaemon(daemonCommand(self, { path, argv }, Deno.pid));
  }
  for (const warning of config.warnings) writeEarly("warn", warning);
  const background = config.daemon
    ? new Background(starter === undefined ? undefined : toPid(starter))
    : undefined;
  const log = openLog({ ...config.errorLog, pid: Deno.pid });
  if (!log.ok) return cannotStart([formatSystemError(log.error)]);
  const given = takeGiven(config);
  const lines = [...received?.lines ?? [], ...given.lines];
  greet(log.value, options, lines);
  const inbox = new Inbox();
  const notifyEnv = takeNotifyEnv();
  const parts = {
    config,
    log: log.value,
    inbox,
    received,
    path,
    background,
    notifyEnv,
    given,
    residents: isSingle ? await loadResidents() : undefined,
  };
  const machine = assemble(options, argv, parts);
  const gathered = gather(machine, parts);
  if (!gathered.ok) return cannotStart([formatSystemError(gathered.error)]);
  const plan = planFor(config);
  inbox.push({ kind: "configLoaded", generation: FIRST, plan });
  // From here on the master must not die.
  if (!isSingle) surviveBugs(machine);
  const code = await loop(machine, received, isSingle);
  // The app's own exit handlers are this process's.
  return isSingle ? leaveProcess(code, () => {}) : leaveAtOnce(code);
}

/** Hear of everything from now on. */
function gather(
  { inbox, orphans, predecessor }: Machine,
  { log, background }: Parts,
): Result<void> {
  const gathered = gatherSignals(inbox);
  if (!gathered.ok) return gathered;
  orphans.watch();
  predecessor?.watch(() => inbox.push({ kind: "predecessorLost" }));
  const watched = background?.watch(() => inbox.push({ kind: "starterLost" }));
  if (watched !== undefined && !watched.ok) return watched;
  return background?.follow(log.path) ?? success(undefined);
}

/** Who runs, on what: the first lines of every start. */
function greet(
  log: Log,
  { version }: MasterOptions,
  lines: readonly (readonly [Level, string])[],
): void {
  const raised = raiseNofile();
  log.write("notice", version);
  log.write("notice", `Deno ${Deno.version.deno}, OS: Linux ${osRelease()}`);
  if (raised.ok) {
    log.write("info", `getrlimit(RLIMIT_NOFILE): ${raised.value}`);
  } else log.write("warn", formatSystemError(raised.error));
  for (const [level, text] of lines) log.write(level, text);
}

function osRelease(): string {
  try {
    return Deno.osRelease();
  } catch {
    return "";
  }
}

/** What a master is made of. */
interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly inbox: Inbox;
  readonly received: Received | undefined;
  /** What this master was started by. */
  readonly path: string;
  /** undefined: it is in the foreground. */
  readonly background: Background | undefined;
  readonly notifyEnv: NotifyEnv;
  readonly given: Given;
  /** undefined: the workers are processes. */
  readonly residents: ResidentsModule | undefined;
}

/** Put the parts together; nothing is opened yet. */
function assemble(
  { source, self }: MasterOptions,
  argv: readonly string[],
  parts: Parts,
): Machine {
  const { config, log, inbox, received, path, background } = parts;
  const { given, notifyEnv, residents } = parts;
  const onGone = (): void => listeners.sweep();
  const children = residents === undefined
    ? new Children(inbox, self, {
      logsStderr: background !== undefined,
      onGone,
      onExplained: (reason) => resources.write("emerg", reason),
    })
    : new residents.Residents(inbox, onGone);
  const listeners = new Listeners((fd) => children.isHeld(fd));
  const control = new ControlServer({
    onRequested: (token, request) =>
      inbox.push({ kind: "controlRequested", token, request }),
    onClosed: (token) => inbox.push({ kind: "controlClosed", token }),
  });
  const resources = new Resources(config, log, {
    listeners,
    control,
    background,
  });
  const configs = new Map([[FIRST, config]]);
  const successor = new Successor(
    inbox,
    masterCommand(self, { path, argv }),
    successorEnv(notifyEnv),
  );
  const predecessor = received?.predecessor;
  if (received) resources.inherit(received.groups, received.pidFile);
  listeners.give(given.groups);
  return {
    inbox,
    source,
    self,
    configs,
    children,
    adapt: config.masterProcess ? (one) => one : asSingle,
    listeners,
    resources,
    control,
    orphans: new Orphans(
      inbox,
      config.masterProcess ? 0 : APP_CHILD_PATIENCE_MS,
    ),
    successor,
    predecessor,
    sdNotify: new SdNotify(
      notifyEnv,
      (text) => resources.write("warn", text),
    ),
  };
}

/** What nobody caught is a bug of ours, and no reason to stop serving. */
function surviveBugs({ resources }: Machine): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    resources.write("alert", `uncaught: ${event.error}`);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    resources.write("alert", `unhandled rejection: ${event.reason}`);
  });
}

/** The limits, and what only the process itself can tell. */
function policy(isSingle: boolean): Policy {
  const streams = [Deno.stdin, Deno.stdout, Deno.stderr];
  const winchIsResize = streams.some((stream) => stream.isTerminal());
  const single = isSingle ? { isSingle, workersMax: 1 } : {};
  const isInit = Deno.pid === 1;
  return { ...DEFAULT_POLICY, isInit, winchIsResize, ...single };
}

/** Take, decide, perform. */
async function loop(
  machine: Machine,
  received: Received | undefined,
  isSingle: boolean,
): Promise<number> {
  const { inbox } = machine;
  const journal = createJournal();
  const timer = createTimer(() => inbox.push({ kind: "timerFired" }));
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const lives = received?.predecessor === undefined ? "gone" : "alive";
  let state = initialState(policy(isSingle), seed, received && lives);
  for (;;) {
    const event = await inbox.take();
    const decided = decide(state, event, { machine, journal });
    state = decided.state;
    let exitCode: number | undefined;
    for (const effect of decided.effects) {
      if (effect.kind === "exit") exitCode = effect.code;
      else attempt(effect, machine);
    }
    machine.sdNotify.tell(decided);
    if (exitCode !== undefined) return exitCode;
    timer.arm(nextDeadline(state));
  }
}

/** Perform; a bug of ours in there must not end the master either. */
function attempt(
  effect: Parameters<typeof perform>[0],
  machine: Machine,
): void {
  try {
    perform(effect, machine);
  } catch (error) {
    machine.resources.write("alert", `${error} while doing ${effect.kind}`);
  }
}

/** A master and its memory. */
interface Recorded {
  readonly machine: Machine;
  readonly journal: Journal;
}

/** The core's decision; its own bug is said and dropped. */
function decide(
  state: MasterState,
  event: MasterEvent,
  { machine, journal }: Recorded,
): Step {
  const now = monotonicNow();
  try {
    const decided = step(state, event, now);
    journal.record(state, { now, event, effects: decided.effects });
    if (Math.random() < CHECKED_SHARE) {
      for (const rule of checkState(decided.state)) {
        sayBroken(rule, decided.state, { machine, journal });
      }
    }
    return decided;
  } catch (error) {
    const what = `${error}, the step is dropped: ${JSON.stringify(event)}`;
    sayBroken(what, state, { machine, journal });
    return stay(state);
  }
}

/** How many of the steps are checked: the rules cost more than the step. */
const CHECKED_SHARE = 1 / 32;

/** A bug of ours: with the journal, a test can replay it; debug_points. */
function sayBroken(
  what: string,
  { counts }: MasterState,
  { machine: { resources }, journal }: Recorded,
): void {
  resources.write("alert", what);
  for (const line of journal.dump(counts).trimEnd().split("\n")) {
    resources.write("alert", `journal: ${line}`);
  }
  debugPoint(resources.debugPoints);
}
