/** The cache manager and the cache loader, as processes. */

import type { Scenario } from "../scenario.ts";

export const CACHE: readonly Scenario[] = [
  {
    name: "a cache manager that is killed is replaced, a loader is not",
    settings: { cache: true },
    steps: [
      { kind: "start" },
      { kind: "until", label: "both", is: { managers: 1, loaders: 1 } },
      { kind: "look", label: "started" },
      { kind: "signal", to: "cache loader", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "the loader ends",
        is: { said: /cache loader process \d+ exited on signal 9/ },
      },
      { kind: "signal", to: "cache manager", signals: ["SIGKILL"] },
      {
        kind: "until",
        label: "another manager",
        is: {
          said: /start cache manager process \d+/,
          times: 2,
          managers: 1,
          loaders: 0,
        },
      },
      {
        kind: "stays",
        label: "no other loader",
        is: { loaders: 0 },
        forMs: 400,
      },
      { kind: "look", label: "after KILL" },
      { kind: "get", label: "request" },
    ],
    expect: {
      "both": "yes",
      "the loader ends": "yes",
      "another manager": "yes",
      "no other loader": "yes",
      "after KILL: new workers": "0",
      "request": "200 whole",
    },
  },
  {
    name: "reload: one new cache manager and loader, none without a cache",
    settings: { cache: true },
    steps: [
      { kind: "start" },
      { kind: "until", label: "both", is: { managers: 1, loaders: 1 } },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      {
        kind: "until",
        label: "reloaded",
        is: {
          fresh: 2,
          workers: 2,
          said: /start cache loader process \d+/,
          times: 2,
        },
      },
      {
        kind: "until",
        label: "one of each",
        is: { managers: 1, loaders: 1, draining: 0 },
      },
      { kind: "look", label: "after HUP" },
      { kind: "configure", change: { cache: false } },
      { kind: "signal", to: "master", signals: ["SIGHUP"] },
      {
        kind: "until",
        label: "none",
        is: { fresh: 2, workers: 2, managers: 0, loaders: 0 },
      },
    ],
    expect: {
      "both": "yes",
      "reloaded": "yes",
      "one of each": "yes",
      "none": "yes",
    },
  },
  {
    name: "QUIT and TERM end the cache manager and loader at once",
    settings: { cache: true },
    steps: [
      { kind: "start" },
      { kind: "until", label: "both", is: { managers: 1, loaders: 1 } },
      { kind: "hold", name: "slow", how: "slow" },
      { kind: "signal", to: "master", signals: ["SIGQUIT"] },
      {
        kind: "until",
        label: "only the busy one",
        is: { managers: 0, loaders: 0, workers: 0, draining: 1 },
      },
      { kind: "signal", to: "master", signals: ["SIGTERM"] },
      { kind: "outcome", name: "slow" },
      { kind: "ended", label: "exit" },
    ],
    expect: {
      "both": "yes",
      "only the busy one": "yes",
      "slow": "200 cut",
      "exit": "exit 0",
    },
  },
];
