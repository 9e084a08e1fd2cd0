/** USR1: logs are opened anew. */

import type { Scenario } from "../scenario.ts";

export const LOG: readonly Scenario[] = [
  {
    name: "USR1 opens the log anew, and nobody is replaced",
    steps: [
      { kind: "start" },
      { kind: "file", does: "rename", name: "error.log", to: "error.log.1" },
      { kind: "signal", to: "master", signals: ["SIGUSR1"] },
      { kind: "until", label: "reopened", is: { file: "error.log" } },
      {
        kind: "until",
        label: "all have",
        is: { said: /#\d+: reopening logs$/, times: 3 },
      },
      { kind: "look", label: "after USR1" },
      {
        kind: "says",
        label: "the old one says so",
        file: "error.log.1",
        pattern: /reopening logs/,
      },
      { kind: "signal", to: "worker 0", signals: ["SIGKILL"] },
      { kind: "until", label: "respawned", is: { fresh: 1, workers: 2 } },
      {
        kind: "says",
        label: "the new one goes on",
        file: "error.log",
        pattern: /exited on signal 9/,
      },
      {
        kind: "says",
        label: "the old one grows",
        file: "error.log.1",
        pattern: /exited on signal 9/,
      },
    ],
    expect: {
      "reopened": "yes",
      "all have": "yes",
      "after USR1: new workers": "0",
      "the old one says so": "yes",
      "the new one goes on": "yes",
      "the old one grows": "no",
    },
  },
  {
    name: "a reopened log belongs to the workers' user",
    needs: ["root"],
    settings: { user: "nobody nogroup" },
    steps: [
      { kind: "start" },
      { kind: "owner", label: "before", name: "error.log" },
      { kind: "file", does: "rename", name: "error.log", to: "error.log.1" },
      { kind: "signal", to: "master", signals: ["SIGUSR1"] },
      {
        kind: "until",
        label: "all have",
        is: { said: /#\d+: reopening logs$/, times: 3 },
      },
      { kind: "owner", label: "the new one", name: "error.log" },
      { kind: "owner", label: "the old one", name: "error.log.1" },
      { kind: "signal", to: "worker 0", signals: ["SIGTERM"] },
      { kind: "until", label: "respawned", is: { fresh: 1, workers: 2 } },
      {
        kind: "says",
        label: "a worker writes to it",
        file: "error.log",
        pattern: /signal 15 \(SIGTERM\) received/,
      },
    ],
    expect: {
      "before": "root",
      "all have": "yes",
      "the new one": "somebody else",
      "the old one": "root",
      "a worker writes to it": "yes",
    },
  },
  {
    name: "a new worker does not open logs that nobody told it to",
    needs: ["root"],
    settings: { user: "nobody nogroup" },
    steps: [
      { kind: "start" },
      { kind: "signal", to: "master", signals: ["SIGHUP", "SIGUSR1"] },
      { kind: "until", label: "reloaded", is: { fresh: 2, workers: 2 } },
      {
        kind: "says",
        label: "all could open it",
        file: "error.log",
        pattern: /\[emerg\].*open\(\).*failed \(13/,
      },
    ],
    expect: { "reloaded": "yes" },
    right: [{
      weakness: "W20",
      fact: "all could open it",
      is: "no",
      nginx: "yes",
      why: "a child inherits the flags of signals that are pending at its " +
        "fork, and opens the log before the master has given it away",
    }],
  },
];
