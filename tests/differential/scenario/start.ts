/** Starting, and not being able to. */

import type { Scenario } from "../scenario.ts";

export const START: readonly Scenario[] = [
  {
    name: "start and TERM: workers, pid file and port come and go",
    steps: [
      { kind: "start" },
      { kind: "look", label: "started" },
      { kind: "get", label: "request" },
      { kind: "signal", to: "master", signals: ["SIGTERM"] },
      { kind: "ended", label: "exit" },
      { kind: "until", label: "port is closed", is: { refuses: 0 } },
      { kind: "look", label: "ended" },
      {
        kind: "order",
        label: "TERM, a worker's end, the master's end",
        of: [/signal 15 .* exiting/, /\] \d+#\d+: exiting$/, /#\d+: exit$/],
      },
    ],
    expect: {
      "started: workers": "2",
      "started: pid file": "master",
      "request": "200 whole",
      "exit": "exit 0",
      "port is closed": "yes",
      "ended: workers": "0",
      "ended: pid file": "none",
      "TERM, a worker's end, the master's end": "yes",
    },
  },
  {
    name: "INT and QUIT end a foreground master with exit code 0",
    steps: [
      { kind: "start" },
      { kind: "signal", to: "master", signals: ["SIGINT"] },
      { kind: "ended", label: "INT" },
      { kind: "look", label: "after INT" },
      { kind: "start", label: "start again" },
      { kind: "signal", to: "master", signals: ["SIGQUIT"] },
      { kind: "ended", label: "QUIT" },
      { kind: "look", label: "after QUIT" },
    ],
    expect: {
      "INT": "exit 0",
      "after INT: workers": "0",
      "after INT: pid file": "none",
      "start again": "ready",
      "QUIT": "exit 0",
      "after QUIT: workers": "0",
      "after QUIT: pid file": "none",
    },
  },
  {
    name: "start on an address in use gives up after its retries",
    steps: [
      { kind: "occupy", port: 0 },
      { kind: "start" },
      { kind: "look", label: "given up" },
      {
        kind: "clock",
        label: "the clock moves",
        pattern:
          /^\d{4}\/.*(?:try again to bind\(\) after|still could not bind)/,
      },
    ],
    expect: {
      "start": "exit 1",
      "given up: pid file": "none",
      "given up: workers": "0",
      "log: master [emerg] still could not bind()": "said",
    },
    right: [{
      weakness: "W23",
      fact: "the clock moves",
      is: "yes",
      nginx: "no",
      why: "lines logged while it retries carry the time of the first",
    }],
  },
  {
    name: "start takes an address that is freed in time",
    steps: [
      { kind: "occupy", port: 0 },
      { kind: "start", waits: false },
      {
        kind: "until",
        label: "retries",
        is: { said: /bind\(\) to .* failed \(98: Address already in use\)/ },
      },
      { kind: "vacate", port: 0 },
      { kind: "up", label: "start" },
      { kind: "get", label: "request" },
    ],
    expect: { "retries": "yes", "request": "200 whole" },
  },
  {
    name: "start on an address of another machine fails at once",
    settings: { foreignAddress: true },
    steps: [{ kind: "start" }, { kind: "look", label: "failed" }],
    expect: {
      "start": "exit 1",
      "failed: pid file": "none",
      "log: master [emerg] bind() to N failed (99: Cannot assign requested address)":
        "said",
    },
  },
  {
    name: "start with a broken configuration: exit 1, no pid file, no port",
    settings: { broken: true },
    steps: [
      { kind: "start" },
      { kind: "look", label: "failed" },
      { kind: "get", label: "request" },
    ],
    expect: {
      "start": "exit 1",
      "failed: pid file": "none",
      "request": "refused",
    },
  },
  {
    name: "a Unix socket comes with the start and goes with TERM",
    settings: { unix: "web.sock" },
    steps: [
      { kind: "start" },
      { kind: "until", label: "is there", is: { file: "web.sock" } },
      { kind: "configure", change: { unix: "other.sock" } },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      { kind: "until", label: "reloaded", is: { fresh: 2, workers: 2 } },
      { kind: "until", label: "the new one", is: { file: "other.sock" } },
    ],
    expect: { "is there": "yes", "reloaded": "yes", "the new one": "yes" },
  },
  {
    name: "workers have the limits, folder, priority and user of the settings",
    needs: ["root"],
    settings: {
      user: "nobody nogroup",
      priority: 5,
      nofile: 1234,
      directory: "temp",
    },
    steps: [
      { kind: "start" },
      { kind: "attributes", label: "worker", of: "worker 0" },
      { kind: "attributes", label: "master", of: "master" },
      { kind: "get", label: "request" },
      { kind: "configure", change: { user: "root", priority: 0 } },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      { kind: "until", label: "reloaded", is: { fresh: 2, workers: 2 } },
      { kind: "look", label: "after HUP" },
      { kind: "attributes", label: "new worker", of: "worker 0" },
    ],
    expect: {
      "worker: nice": "5",
      "worker: nofile": "1234",
      "worker: folder": "$D/temp",
      "worker: user": "somebody else",
      "master: nice": "0",
      "master: folder": "$D",
      "master: user": "root",
      "new worker: nice": "0",
      "new worker: nofile": "1234",
      "new worker: user": "root",
    },
  },
];
