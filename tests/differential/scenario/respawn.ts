/** Workers that end, and what becomes of their place. */

import type { Scenario, Step } from "../scenario.ts";

/** A signal to the first worker, and until another has its place. */
function replaced(signal: Deno.Signal): readonly Step[] {
  return [
    { kind: "signal", to: "worker 0", signals: [signal] },
    { kind: "until", label: signal, is: { fresh: 1, workers: 2, draining: 0 } },
    { kind: "look", label: `after ${signal}` },
  ];
}

export const RESPAWN: readonly Scenario[] = [
  {
    name: "a worker that is killed, terminated or aborts is replaced",
    steps: [
      { kind: "start" },
      ...replaced("SIGKILL"),
      ...replaced("SIGTERM"),
      ...replaced("SIGINT"),
      ...replaced("SIGABRT"),
      { kind: "get", label: "request" },
    ],
    expect: {
      "SIGKILL": "yes",
      "after SIGKILL: new workers": "1",
      "SIGTERM": "yes",
      "after SIGTERM: new workers": "1",
      "SIGINT": "yes",
      "SIGABRT": "yes",
      "after SIGABRT: masters": "1",
      "request": "200 whole",
      "log: master [alert] worker process N exited on signal 9": "said",
      "log: master [alert] worker process N exited on signal 6": "said",
      "log: master [notice] worker process N exited with code 0": "said",
    },
  },
  {
    name: "signals that are not for a worker do not end it",
    steps: [
      { kind: "start" },
      {
        kind: "signal",
        to: "worker 0",
        signals: [
          "SIGHUP",
          "SIGUSR2",
          "SIGALRM",
          "SIGPIPE",
          "SIGCHLD",
          "SIGUSR1",
        ],
      },
      {
        kind: "until",
        label: "heard",
        is: { said: /signal 10 \(SIGUSR1\) received.*, reopening/ },
      },
      {
        kind: "stays",
        label: "it lives",
        is: { alive: "worker 0" },
        forMs: 300,
      },
      { kind: "look", label: "after it" },
      { kind: "signal", to: "worker 0", signals: ["SIGINT"] },
      { kind: "until", label: "replaced", is: { fresh: 1, workers: 2 } },
    ],
    expect: {
      "heard": "yes",
      "it lives": "yes",
      "after it: new workers": "0",
      "replaced": "yes",
    },
  },
  {
    name: "a worker told to QUIT by hand is replaced at once",
    settings: { workers: 1 },
    steps: [
      { kind: "start" },
      { kind: "hold", name: "slow", how: "slow" },
      { kind: "signal", to: "worker 0", signals: ["SIGQUIT"] },
      { kind: "until", label: "drains", is: { draining: 1 } },
      { kind: "get", label: "request", withinMs: 8000 },
      { kind: "release", name: "slow" },
      { kind: "outcome", name: "slow" },
      {
        kind: "until",
        label: "replaced",
        is: { fresh: 1, workers: 1, draining: 0 },
      },
    ],
    expect: { "drains": "yes", "slow": "200 whole", "replaced": "yes" },
    right: [{
      weakness: "W17",
      fact: "request",
      is: "200 whole",
      nginx: "timeout",
      why: "it is replaced after its end: while all of them drain, nobody " +
        "accepts",
    }],
  },
  {
    name: "exit code 2 is fatal: not started again before a reload",
    needs: ["gcc"],
    steps: [
      { kind: "start" },
      { kind: "fault", fault: "exit 2" },
      { kind: "signal", to: "workers", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "both are given up",
        is: { said: /exited with fatal code 2 and cannot be res/, times: 2 },
      },
      {
        kind: "stays",
        label: "nobody is started",
        is: { workers: 0 },
        forMs: 600,
      },
      { kind: "look", label: "without workers" },
      { kind: "get", label: "request", withinMs: 500 },
      { kind: "fault", fault: "none" },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      { kind: "until", label: "reloaded", is: { fresh: 2, workers: 2 } },
      { kind: "get", label: "request after HUP" },
    ],
    expect: {
      "both are given up": "yes",
      "nobody is started": "yes",
      "without workers: masters": "1",
      "request": "timeout",
      "reloaded": "yes",
      "request after HUP": "200 whole",
    },
  },
  {
    name: "a master without workers ends at QUIT",
    needs: ["gcc"],
    steps: [
      { kind: "start" },
      { kind: "fault", fault: "exit 2" },
      { kind: "signal", to: "workers", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "both are given up",
        is: { said: /exited with fatal code 2 and cannot be res/, times: 2 },
      },
      { kind: "until", label: "no workers", is: { workers: 0 } },
      { kind: "signal", to: "master", signals: ["SIGQUIT"] },
      { kind: "ended", label: "exit", withinMs: 5000 },
    ],
    expect: { "no workers": "yes", "exit": "exit 0" },
  },
  {
    name: "a crash loop is started again, and ends with a good reload",
    needs: ["gcc"],
    steps: [
      { kind: "start" },
      { kind: "fault", fault: "exit 1" },
      { kind: "signal", to: "worker 0", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "crashes",
        is: { said: /exited with code 1/, times: 3 },
      },
      { kind: "get", label: "request meanwhile" },
      { kind: "fault", fault: "none" },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      { kind: "until", label: "reloaded", is: { fresh: 2, workers: 2 } },
      { kind: "look", label: "after HUP" },
      { kind: "fault", fault: "exit 1" },
      { kind: "signal", to: "worker 0", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "crashes again",
        is: { said: /exited with code 1/, times: 5 },
      },
      { kind: "signal", to: "master", signals: ["SIGQUIT"] },
      { kind: "ended", label: "exit", withinMs: 5000 },
    ],
    expect: {
      "crashes": "yes",
      "request meanwhile": "200 whole",
      "reloaded": "yes",
      "exit": "exit 0",
    },
  },
  {
    name: "a crash loop is no storm of processes",
    needs: ["gcc"],
    steps: [
      { kind: "start" },
      { kind: "fault", fault: "exit 3" },
      { kind: "signal", to: "worker 0", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "a storm",
        is: { said: /start worker process \d+/, times: 40 },
        withinMs: 2500,
      },
      { kind: "fault", fault: "none" },
    ],
    expect: {
      "log: master [error] worker process N exited with code 3": "said",
    },
    right: [{
      weakness: "W2",
      fact: "a storm",
      is: "no",
      nginx: "yes",
      why: "a worker that dies is started again at once, for ever: two made " +
        "2000 processes a second",
    }],
  },
  {
    name: "a start whose workers cannot start fails",
    settings: { directory: "nowhere", workers: 1 },
    steps: [
      { kind: "start" },
      {
        kind: "until",
        label: "said",
        is: { said: /\[emerg|alert\].*chdir\(.*nowhere.*failed/ },
      },
    ],
    expect: { "said": "yes" },
    right: [
      {
        weakness: "W3",
        fact: "start",
        is: "exit 1",
        nginx: "ready",
        why: "the start says nothing of its workers",
      },
      {
        weakness: "W3",
        fact: "end",
        is: "exit 1",
        nginx: "exit 0",
        why: "exit code 2 is final, and the master stays without workers",
      },
    ],
  },
  {
    name: "a fork that fails is tried again",
    needs: ["gcc"],
    steps: [
      { kind: "start" },
      { kind: "fault", fault: "nofork" },
      { kind: "signal", to: "worker 0", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "said",
        is: { said: /could not respawn worker process/ },
      },
      { kind: "fault", fault: "none" },
      {
        kind: "until",
        label: "respawned",
        is: { fresh: 1, workers: 2 },
        withinMs: 10_000,
      },
    ],
    expect: { "said": "yes" },
    right: [{
      weakness: "W9",
      fact: "respawned",
      is: "yes",
      nginx: "no",
      why: "a fork that failed is not tried again before some other child dies",
    }],
  },
  {
    name: "a start that cannot fork ends, or can be ended",
    needs: ["gcc"],
    steps: [
      { kind: "fault", fault: "nofork" },
      { kind: "start", waits: false },
      {
        kind: "until",
        label: "said",
        is: { said: /fork\(\) failed|could not (?:start|respawn)/ },
      },
      { kind: "signal", to: "master", signals: ["SIGQUIT"] },
      { kind: "ended", label: "exit", withinMs: 6000 },
      { kind: "signal", to: "master", signals: ["SIGKILL"] },
    ],
    expect: { "said": "yes" },
    right: [{
      weakness: "W9b",
      fact: "exit",
      is: "exit 0",
      nginx: "alive",
      why: "a master none of whose forks succeeded is ended by neither QUIT " +
        "nor TERM, only by KILL",
    }],
  },
];
