/** USR2: a new binary takes over, or is backed out. */

import type { Scenario, Step } from "../scenario.ts";

/** A new master beside the old one, both with workers. */
const UPGRADED: readonly Step[] = [
  { kind: "start" },
  { kind: "signal", to: "master", signals: ["SIGUSR2"] },
  {
    kind: "until",
    label: "both serve",
    is: { workers: 4, masters: 2, pidFile: "new master" },
  },
];

/** The old master's workers leave. */
const WITHOUT_OLD: readonly Step[] = [
  { kind: "signal", to: "master", signals: ["SIGWINCH"] },
  { kind: "until", label: "old drain", is: { workers: 2, draining: 0 } },
  // Ended is not reaped, which is what nginx's master counts by.
  {
    kind: "until",
    label: "old reaped",
    is: { said: /worker process \d+ exited with code 0/, times: 2 },
  },
  { kind: "look", label: "without the old" },
];

export const UPGRADE: readonly Scenario[] = [
  {
    name: "upgrade: USR2, WINCH and QUIT hand the service to a new master",
    settings: { daemon: "nginx" },
    steps: [
      { kind: "start" },
      { kind: "hold", name: "slow", how: "slow" },
      { kind: "signal", to: "master", signals: ["SIGUSR2"] },
      {
        kind: "until",
        label: "both serve",
        is: { workers: 4, masters: 2, pidFile: "new master" },
      },
      { kind: "look", label: "after USR2" },
      { kind: "signal", to: "master", signals: ["SIGWINCH"] },
      { kind: "until", label: "old drain", is: { workers: 2, draining: 1 } },
      { kind: "get", label: "request" },
      { kind: "signal", to: "master", signals: ["SIGQUIT"] },
      { kind: "release", name: "slow" },
      { kind: "outcome", name: "slow" },
      { kind: "ended", label: "the old master" },
      { kind: "look", label: "after QUIT" },
      { kind: "get", label: "request after it" },
    ],
    expect: {
      "both serve": "yes",
      "after USR2: oldbin": "master",
      "old drain": "yes",
      "request": "200 whole",
      "slow": "200 whole",
      "the old master": "gone",
      "after QUIT: masters": "1",
      "after QUIT: workers": "2",
      "after QUIT: pid file": "new master",
      "after QUIT: oldbin": "none",
      "request after it": "200 whole",
    },
  },
  {
    name: "rollback: HUP brings the old workers back, QUIT ends the new master",
    settings: { daemon: "nginx" },
    steps: [
      ...UPGRADED,
      ...WITHOUT_OLD,
      { kind: "configure", change: { broken: true } },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      { kind: "until", label: "old back", is: { workers: 4, fresh: 2 } },
      { kind: "signal", to: "new master", signals: ["SIGQUIT"] },
      { kind: "until", label: "new gone", is: { masters: 1, workers: 2 } },
      { kind: "until", label: "file back", is: { pidFile: "master" } },
      { kind: "look", label: "rolled back" },
      { kind: "get", label: "request" },
      { kind: "signal", to: "worker 0", signals: ["SIGKILL"] },
      { kind: "until", label: "respawned", is: { fresh: 1, workers: 2 } },
      { kind: "look", label: "after KILL" },
      { kind: "configure", change: { broken: false } },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      { kind: "until", label: "reloaded", is: { fresh: 2, workers: 2 } },
    ],
    expect: {
      "both serve": "yes",
      "old back": "yes",
      "new gone": "yes",
      "file back": "yes",
      "rolled back: oldbin": "none",
      "request": "200 whole",
      "respawned": "yes",
      "reloaded": "yes",
    },
  },
  {
    name: "upgrade to a broken configuration: nothing has changed",
    settings: { daemon: "nginx" },
    steps: [
      { kind: "start" },
      { kind: "configure", change: { broken: true } },
      { kind: "signal", to: "master", signals: ["SIGUSR2"] },
      {
        kind: "until",
        label: "it failed",
        is: { said: /new binary process \d+ exited with code 1/ },
      },
      { kind: "until", label: "file back", is: { pidFile: "master" } },
      { kind: "look", label: "after it" },
      { kind: "get", label: "request" },
    ],
    expect: {
      "it failed": "yes",
      "file back": "yes",
      "after it: masters": "1",
      "after it: new workers": "0",
      "after it: workers": "2",
      "after it: oldbin": "none",
      "request": "200 whole",
    },
  },
  {
    name: "a new master that is killed takes its workers along",
    settings: { daemon: "nginx" },
    steps: [
      ...UPGRADED,
      ...WITHOUT_OLD,
      { kind: "hold", name: "slow", how: "slow" },
      { kind: "signal", to: "new master", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "old back",
        is: { masters: 1, pidFile: "master" },
      },
      { kind: "release", name: "slow" },
      { kind: "outcome", name: "slow" },
      {
        kind: "until",
        label: "only the old ones serve",
        is: { workers: 2, fresh: 2, draining: 0 },
        withinMs: 10_000,
      },
      { kind: "get", label: "request" },
      { kind: "signal", to: "workers", signals: ["SIGTERM"] },
    ],
    expect: {
      "both serve": "yes",
      "old back": "yes",
      "slow": "200 whole",
      "request": "200 whole",
    },
    right: [{
      weakness: "W16",
      fact: "only the old ones serve",
      is: "yes",
      nginx: "no",
      why: "the workers of a new master that is killed serve on, beside the " +
        "old master's, and nobody can tell them anything",
    }],
  },
  {
    name: "a rolled back master still waits for its workers at TERM",
    settings: { daemon: "nginx" },
    steps: [
      ...UPGRADED,
      ...WITHOUT_OLD,
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      { kind: "until", label: "old back", is: { workers: 4, fresh: 2 } },
      { kind: "signal", to: "master", signals: ["SIGTERM"] },
      { kind: "ended", label: "the old master" },
      {
        kind: "until",
        label: "its workers are gone",
        is: { workers: 2 },
        withinMs: 8000,
      },
      { kind: "look", label: "after it" },
    ],
    expect: { "old back": "yes", "the old master": "gone" },
    right: [{
      weakness: "W5",
      fact: "its workers are gone",
      is: "yes",
      nginx: "no",
      why: "after WINCH and HUP the master believes that it has no children: " +
        "at TERM it leaves the workers behind as orphans",
    }],
  },
  {
    name:
      "a pid file that cannot be renamed: no upgrade, and HUP still reloads",
    settings: { daemon: "nginx" },
    steps: [
      { kind: "file", does: "folder", name: "master.pid.oldbin" },
      { kind: "start" },
      { kind: "signal", to: "master", signals: ["SIGUSR2"] },
      {
        kind: "until",
        label: "said",
        is: { said: /rename\(\).*master\.pid\.oldbin.*failed/ },
      },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      {
        kind: "until",
        label: "started",
        is: { said: /start worker process \d+/, times: 4 },
      },
      {
        kind: "until",
        label: "reloaded",
        is: { fresh: 2, workers: 2 },
        withinMs: 10_000,
      },
      { kind: "signal", to: "master", signals: ["SIGTERM"] },
      { kind: "ended", label: "exit" },
      { kind: "file", does: "remove", name: "master.pid.oldbin" },
    ],
    expect: { "said": "yes", "started": "yes", "exit": "gone" },
    right: [{
      weakness: "W6",
      fact: "reloaded",
      is: "yes",
      nginx: "no",
      why: "a rename that failed counts as an upgrade: every HUP adds a set " +
        "of workers from then on, and the pid file is left behind",
    }],
  },
  {
    name: "USR2 in the foreground",
    steps: [
      { kind: "start" },
      { kind: "signal", to: "master", signals: ["SIGUSR2"] },
      {
        kind: "until",
        label: "a new master",
        is: { masters: 2, workers: 4 },
        withinMs: 12_000,
      },
      { kind: "signal", to: "master", signals: ["SIGTERM"] },
      { kind: "ended", label: "exit" },
    ],
    expect: { "exit": "exit 0" },
  },
  {
    name: "HUP to the old master during an upgrade does not add workers",
    settings: { daemon: "nginx" },
    steps: [
      ...UPGRADED,
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      {
        kind: "until",
        label: "heard",
        is: { said: /signal 1 \(SIGHUP\) received/ },
      },
      {
        kind: "until",
        label: "two more",
        is: { workers: 6 },
        withinMs: 2000,
      },
      { kind: "signal", to: "new master", signals: ["SIGQUIT"] },
      { kind: "until", label: "new gone", is: { masters: 1 } },
      { kind: "signal", to: "master", signals: ["SIGTERM"] },
      { kind: "ended", label: "exit" },
    ],
    expect: { "both serve": "yes", "heard": "yes", "exit": "gone" },
    right: [{
      weakness: "W7",
      fact: "two more",
      is: "no",
      nginx: "yes",
      why: "each HUP to the old master adds a set of workers, 2, 4, 6",
    }],
  },
];
