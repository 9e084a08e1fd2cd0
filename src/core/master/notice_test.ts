/**
 * Every notice's exact text: operators and their scripts know nginx's words.
 * Source: nginx src/os/unix/ngx_process_cycle.c and ngx_process.c.
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  code,
  IN_USE,
  KILLED,
  NO_ACCESS,
  pidOf,
  TRY_AGAIN,
} from "../../../tests/support/core.ts";
import { PID_MAX, toGeneration, toPid, toSlotIndex } from "../../base/id.ts";
import { InvariantError } from "../../base/invariant.ts";
import { toMilliseconds } from "../../base/unit.ts";
import type { Failure, MasterNotice } from "./notice.ts";
import { formatExit, formatFailure, formatNotice } from "./notice.ts";

const generation = toGeneration(2);
const slot = toSlotIndex(3);
const ref = { slot, generation, pid: pidOf(2, 3) };
const fields = " slot=3 gen=2 pid=203";

/** By kind, so that a new notice without a text here does not compile. */
const TEXTS: {
  readonly [Kind in MasterNotice["kind"]]: readonly (readonly [
    Extract<MasterNotice, { readonly kind: Kind }>,
    string,
  ])[];
} = {
  signalReceived: [[
    {
      kind: "signalReceived",
      signal: "SIGHUP",
      signo: 1,
      saying: "reconfiguring",
    },
    "signal 1 (SIGHUP) received, reconfiguring",
  ]],
  listening: [[
    { kind: "listening", addresses: ["127.0.0.1:80", "unix:/run/x"] },
    "listening on 127.0.0.1:80, unix:/run/x",
  ]],
  reconfiguring: [[{ kind: "reconfiguring" }, "reconfiguring"]],
  configWrong: [[
    { kind: "configWrong", reason: "procmgr.jsonc:1:2: bad" },
    "procmgr.jsonc:1:2: bad",
  ]],
  callFailed: [[
    { kind: "callFailed", error: IN_USE },
    "bind() to 127.0.0.1:80 failed (98: Address already in use)",
  ]],
  bindRetried: [[
    { kind: "bindRetried", retryMs: toMilliseconds(500) },
    "try again to bind() after 500ms",
  ]],
  bindGivenUp: [[{ kind: "bindGivenUp" }, "still could not bind()"]],
  workersStarting: [[{ kind: "workersStarting" }, "start worker processes"]],
  workerStarted: [[
    { kind: "workerStarted", ...ref },
    `start worker process 203${fields}`,
  ]],
  workerReady: [
    [
      { kind: "workerReady", ...ref },
      `worker process 203 is ready${fields}`,
    ],
    [
      { kind: "workerReady", slot, generation, pid: toPid(PID_MAX + 1) },
      "worker of this process is ready slot=3 gen=2",
    ],
  ],
  generationReady: [
    [
      { kind: "generationReady", generation, workers: 1 },
      "generation 2 is ready, 1 worker",
    ],
    [
      { kind: "generationReady", generation, workers: 4 },
      "generation 2 is ready, 4 workers",
    ],
  ],
  changeoverFailed: [
    [
      {
        kind: "changeoverFailed",
        generation,
        kept: toGeneration(1),
        failure: { kind: "bindGivenUp" },
      },
      "reload failed, generation 1 goes on: still could not bind()",
    ],
    [
      {
        kind: "changeoverFailed",
        generation,
        kept: toGeneration(0),
        failure: { kind: "tableFull" },
      },
      "could not start: the process table is full",
    ],
  ],
  changeoverSuperseded: [[
    { kind: "changeoverSuperseded", generation },
    "generation 2 is given up for a newer reload",
  ]],
  workerExited: [
    [
      { kind: "workerExited", exit: code(0), ...ref },
      `worker process 203 exited with code 0${fields}`,
    ],
    [
      { kind: "workerExited", exit: KILLED, ...ref },
      `worker process 203 exited on signal 9${fields}`,
    ],
  ],
  workerFatal: [[
    { kind: "workerFatal", exit: code(2), ...ref },
    "worker process 203 exited with fatal code 2 and cannot be respawned" +
    fields,
  ]],
  spawnFailed: [[
    { kind: "spawnFailed", slot, generation, error: TRY_AGAIN },
    "could not respawn worker process: spawn() failed " +
    "(11: Resource temporarily unavailable) slot=3 gen=2",
  ]],
  respawnDelayed: [
    [
      {
        kind: "respawnDelayed",
        slot,
        generation,
        delayMs: toMilliseconds(250),
        failures: 2,
      },
      "worker process is respawned in 250ms after 2 failures slot=3 gen=2",
    ],
    [
      {
        kind: "respawnDelayed",
        slot,
        generation,
        delayMs: toMilliseconds(1),
        failures: 1,
      },
      "worker process is respawned in 1ms after 1 failure slot=3 gen=2",
    ],
  ],
  startupTimedOut: [[
    { kind: "startupTimedOut", ...ref },
    `worker process 203 was not ready in time, terminating it${fields}`,
  ]],
  drainTimedOut: [[
    { kind: "drainTimedOut", ...ref },
    `worker process 203 did not drain in time, terminating it${fields}`,
  ]],
  generationCrowdedOut: [[
    { kind: "generationCrowdedOut", ...ref },
    "worker process 203 belongs to the oldest of too many draining " +
    `generations, terminating it${fields}`,
  ]],
  terminateIgnored: [[
    { kind: "terminateIgnored", ...ref },
    `worker process 203 does not terminate, sending SIGKILL${fields}`,
  ]],
  workerDraining: [[
    { kind: "workerDraining", ...ref },
    `worker process 203 drains by itself${fields}`,
  ]],
  channelClosed: [[
    { kind: "channelClosed", ...ref },
    `channel of worker process 203 was closed${fields}`,
  ]],
  channelBroken: [[
    { kind: "channelBroken", reason: '{"kind":1}', ...ref },
    'channel of worker process 203 carried garbage ({"kind":1}), ' +
    `terminating it${fields}`,
  ]],
  mailboxesFailed: [[
    { kind: "mailboxesFailed", error: IN_USE, ...ref },
    "worker process 203 goes without some mailboxes: " +
    "bind() to 127.0.0.1:80 failed (98: Address already in use)" + fields,
  ]],
  sendFailed: [[
    { kind: "sendFailed", command: "quit", ...ref },
    `"quit" could not be sent to worker process 203${fields}`,
  ]],
  orphanExited: [[
    { kind: "orphanExited", process: toPid(4711), exit: code(3) },
    "unknown process 4711 exited with code 3",
  ]],
  reopening: [[{ kind: "reopening" }, "reopening logs"]],
  tableFull: [[
    { kind: "tableFull", slotsMax: 1024 },
    "no more than 1024 processes can be spawned",
  ]],
  scaled: [
    [{ kind: "scaled", pool: "web", workers: 3 }, 'pool "web" has 3 workers'],
    [{ kind: "scaled", pool: "web", workers: 1 }, 'pool "web" has 1 worker'],
  ],
  scaleRefused: [[
    { kind: "scaleRefused", pool: "web", workers: 1 },
    'pool "web" stays at 1 worker',
  ]],
  timerLate: [[
    { kind: "timerLate", lateMs: toMilliseconds(6000) },
    "the clock jumped 6000ms, deadlines are moved",
  ]],
  eventIgnored: [[
    { kind: "eventIgnored", event: "childReady" },
    "ignored a late childReady",
  ]],
  changingBinary: [[{ kind: "changingBinary" }, "changing binary"]],
  upgradeRefused: [
    [
      { kind: "upgradeRefused", refusal: "upgrading" },
      "the changing binary signal is ignored: you should shutdown or " +
      "terminate before either old or new binary's process",
    ],
    [
      { kind: "upgradeRefused", refusal: "starting" },
      "the changing binary signal is ignored: the first generation is not " +
      "ready",
    ],
    [
      { kind: "upgradeRefused", refusal: "leaving" },
      "the changing binary signal is ignored: shutting down",
    ],
    [
      { kind: "upgradeRefused", refusal: "reloading" },
      "the changing binary signal is ignored: a reload is on its way",
    ],
  ],
  upgradeStarted: [[
    { kind: "upgradeStarted", pid: toPid(9) },
    "start new binary process 9",
  ]],
  upgradeReady: [[
    { kind: "upgradeReady", pid: toPid(9) },
    "new binary process 9 is ready",
  ]],
  upgradeTimedOut: [[
    { kind: "upgradeTimedOut", pid: toPid(9) },
    "new binary process 9 was not ready in time, terminating it",
  ]],
  upgradeExited: [
    [
      { kind: "upgradeExited", pid: toPid(9), exit: code(1) },
      "new binary process 9 exited with code 1",
    ],
    [
      { kind: "upgradeExited", pid: toPid(9), exit: KILLED },
      "new binary process 9 exited on signal 9",
    ],
  ],
  upgradeBackedOut: [[
    { kind: "upgradeBackedOut", generation, reason: "why" },
    "no upgrade, generation 2 goes on: why",
  ]],
  reloadRefused: [[
    { kind: "reloadRefused" },
    "the configuration is not read during an upgrade",
  ]],
  relaying: [[
    { kind: "relaying", pid: toPid(9) },
    "process 9 is the master now, it gets all signals",
  ]],
  predecessorLost: [[
    { kind: "predecessorLost" },
    "old binary process is gone",
  ]],
  exiting: [[{ kind: "exiting" }, "exit"]],
};

const FAILURES: {
  readonly [Kind in Failure["kind"]]: readonly [
    Extract<Failure, { readonly kind: Kind }>,
    string,
  ];
} = {
  configRejected: [
    { kind: "configRejected", reasons: ["a:1:1: x", "a:2:1: y"] },
    "a:1:1: x; a:2:1: y",
  ],
  systemFailed: [
    { kind: "systemFailed", error: NO_ACCESS },
    'open() "/run/procmgr.pid" failed (13: Permission denied)',
  ],
  bindGivenUp: [{ kind: "bindGivenUp" }, "still could not bind()"],
  tableFull: [{ kind: "tableFull" }, "the process table is full"],
  startupTimedOut: [
    { kind: "startupTimedOut", timeoutMs: toMilliseconds(30_000) },
    "not every worker was ready within 30000ms",
  ],
  childFailed: [
    { kind: "childFailed", pid: 203, exit: code(1) },
    "worker process 203 exited with code 1 before every worker was ready",
  ],
  channelBroken: [
    { kind: "channelBroken", pid: 203 },
    "the channel of worker process 203 carried garbage",
  ],
  starterLost: [
    { kind: "starterLost" },
    "the start command went away before every worker was ready",
  ],
  shutDown: [{ kind: "shutDown" }, "shut down meanwhile"],
  noaccepting: [
    { kind: "noaccepting" },
    "told to stop accepting connections meanwhile",
  ],
};

Deno.test("formatNotice() has nginx's words for every kind", () => {
  for (const cases of Object.values(TEXTS)) {
    for (const [notice, text] of cases) {
      assertEquals(formatNotice(notice), text);
    }
  }
});

Deno.test("formatNotice() refuses a kind there is not", () => {
  assertThrows(
    () => formatNotice({ kind: "nonsense" } as unknown as MasterNotice),
    InvariantError,
  );
});

Deno.test("formatFailure() says every failure in one line", () => {
  for (const [failure, text] of Object.values(FAILURES)) {
    assertEquals(formatFailure(failure), text);
  }
});

Deno.test("formatExit() has a number for a signal, 0 when unknown", () => {
  assertEquals(formatExit(code(3)), "exited with code 3");
  const exits = ["SIGSEGV", "SIGNONE"].map((signal) =>
    formatExit({ kind: "signal", signal })
  );
  assertEquals(exits, ["exited on signal 11", "exited on signal 0"]);
});
