/** One process that does it all, without a master: `master_process off`. */

import type { Scenario } from "../scenario.ts";

export const SINGLE: readonly Scenario[] = [
  {
    name: "a single process serves, and goes on after HUP",
    settings: { masterProcess: false },
    steps: [
      { kind: "start" },
      { kind: "look", label: "started" },
      { kind: "get", label: "before" },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      {
        kind: "until",
        label: "heard",
        is: { said: /\[notice\] \d+#\d+: reconfiguring$/ },
      },
      { kind: "stays", label: "alive", is: { masters: 1 }, forMs: 600 },
      { kind: "get", label: "after HUP" },
      { kind: "look", label: "reloaded" },
      { kind: "signal", to: "master", signals: ["SIGTERM"] },
      { kind: "ended", label: "exit" },
    ],
    expect: {
      "started: masters": "1",
      "started: workers": "0",
      "started: pid file": "master",
      "before": "200 whole",
      "heard": "yes",
      "alive": "yes",
      "reloaded: masters": "1",
      "reloaded: workers": "0",
      "exit": "exit 0",
    },
    right: [
      {
        weakness: "W19",
        fact: "after HUP",
        is: "200 whole",
        nginx: "garbage cut",
        why: "a single process serves no more after HUP: clients get lines " +
          "of its error log for an answer",
      },
    ],
  },
  {
    name: "a single process drains at QUIT",
    settings: { masterProcess: false },
    steps: [
      { kind: "start" },
      { kind: "hold", name: "slow", how: "slow" },
      { kind: "signal", to: "master", signals: ["SIGQUIT"] },
      {
        kind: "until",
        label: "heard",
        is: { said: /signal 3 \(SIGQUIT\) received.*, shutting/ },
      },
      { kind: "until", label: "no longer listening", is: { refuses: 0 } },
      { kind: "release", name: "slow" },
      { kind: "outcome", name: "slow" },
      { kind: "ended", label: "exit" },
      { kind: "look", label: "ended" },
    ],
    expect: {
      "heard": "yes",
      "no longer listening": "yes",
      "exit": "exit 0",
      "ended: pid file": "none",
    },
    right: [
      {
        weakness: "W19",
        fact: "slow",
        is: "200 whole",
        nginx: "200 cut",
        why: "a single process quits at once, whatever it is answering",
      },
    ],
  },
];
