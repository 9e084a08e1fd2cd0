/** The command line: tests, words to a running master, and stale pid files. */

import type { Command, Scenario, Step } from "../scenario.ts";

function command(is: Command, label: string = is): Step {
  return { kind: "command", label, is };
}

export const COMMAND: readonly Scenario[] = [
  {
    name: "-t judges a configuration without starting anything",
    steps: [
      { kind: "configure", change: {} },
      command("test", "good"),
      { kind: "configure", change: { broken: true } },
      command("test", "broken"),
    ],
    expect: { "start": "absent", "good: exit": "0", "broken: exit": "1" },
  },
  {
    name: "-t refuses more workers than there can be",
    steps: [
      { kind: "configure", change: { workers: 30_487 } },
      command("test"),
      { kind: "file", does: "remove", name: "master.pid" },
    ],
    expect: { "start": "absent" },
    right: [{
      weakness: "W10",
      fact: "test: exit",
      is: "1",
      nginx: "0",
      why: "30487 workers pass the test; 1024 start, and then every further " +
        "one sends a thousand messages",
    }],
  },
  {
    name: "-s reload, reopen and quit act on the running master",
    steps: [
      { kind: "start" },
      command("reload"),
      { kind: "until", label: "reloaded", is: { fresh: 2, workers: 2 } },
      { kind: "file", does: "rename", name: "error.log", to: "error.log.1" },
      command("reopen"),
      { kind: "until", label: "reopened", is: { file: "error.log" } },
      command("quit"),
      { kind: "ended", label: "exit" },
    ],
    expect: {
      "reload: exit": "0",
      "reloaded": "yes",
      "reopen: exit": "0",
      "reopened": "yes",
      "quit: exit": "0",
      "exit": "exit 0",
    },
  },
  {
    name: "-s stop acts, and then there is nobody to tell",
    steps: [
      { kind: "start" },
      command("stop"),
      { kind: "ended", label: "exit" },
      command("stop", "stop again"),
    ],
    expect: {
      "stop: exit": "0",
      "exit": "exit 0",
      "stop again: exit": "1",
    },
  },
  {
    name: "-s with a name that is none is refused",
    steps: [{ kind: "configure", change: {} }, command("nonsense")],
    expect: { "start": "absent" },
  },
  {
    name: "-s with a pid file that is empty or holds junk is refused",
    steps: [
      { kind: "configure", change: {} },
      { kind: "file", does: "write", name: "master.pid", to: "" },
      command("stop", "empty"),
      { kind: "file", does: "write", name: "master.pid", to: "abc\n" },
      command("stop", "junk"),
      { kind: "file", does: "write", name: "master.pid", to: "9999999\n" },
      command("stop", "nobody"),
      { kind: "file", does: "remove", name: "master.pid" },
    ],
    expect: {
      "start": "absent",
      "empty: exit": "1",
      "junk: exit": "1",
      "nobody: exit": "1",
    },
  },
  {
    name: "-s stop with a stale pid file hurts no stranger",
    steps: [
      { kind: "configure", change: {} },
      { kind: "bystander" },
      {
        kind: "file",
        does: "write",
        name: "master.pid",
        to: "{bystander}\n",
      },
      command("stop"),
      {
        kind: "stays",
        label: "the stranger lives",
        is: { alive: "bystander" },
        forMs: 300,
      },
      { kind: "file", does: "remove", name: "master.pid" },
    ],
    expect: { "start": "absent" },
    right: [
      {
        weakness: "W13",
        fact: "the stranger lives",
        is: "yes",
        nginx: "no",
        why: "-s stop signals whoever has the number in a stale pid file",
      },
      {
        weakness: "W13",
        fact: "stop: exit",
        is: "1",
        nginx: "0",
        why: "and says that it went well",
      },
    ],
  },
  {
    name: "-s with a broken configuration is refused, the master goes on",
    steps: [
      { kind: "start" },
      { kind: "configure", change: { broken: true } },
      command("stop"),
      { kind: "stays", label: "goes on", is: { workers: 2 }, forMs: 200 },
    ],
    expect: { "stop: exit": "1", "goes on": "yes" },
  },
  {
    name: "a second master with the same pid file",
    steps: [
      { kind: "start" },
      { kind: "start", label: "the second", second: { listen: [1] } },
      { kind: "look", label: "after it" },
    ],
    expect: {},
    right: [
      {
        weakness: "W13",
        fact: "the second",
        is: "exit 1",
        nginx: "ready",
        why: "nothing keeps a second master off the pid file of the first",
      },
      {
        weakness: "W13",
        fact: "after it: pid file",
        is: "master",
        nginx: "second",
        why: "it overwrites the file, and the first cannot be told any more",
      },
    ],
  },
  {
    name: "a master that is killed: its workers go, and it can start again",
    steps: [
      { kind: "start" },
      { kind: "hold", name: "slow", how: "slow" },
      { kind: "signal", to: "master", signals: ["SIGKILL"] },
      { kind: "ended", label: "killed" },
      { kind: "release", name: "slow" },
      { kind: "outcome", name: "slow" },
      {
        kind: "until",
        label: "the workers go",
        is: { gone: "workers" },
        withinMs: 8000,
      },
      { kind: "look", label: "after KILL" },
      { kind: "start", label: "start again" },
      { kind: "signal", to: "workers", signals: ["SIGQUIT"] },
    ],
    expect: {
      "killed": "SIGKILL",
      "slow": "200 whole",
      "after KILL: pid file": "master",
    },
    right: [
      {
        weakness: "W15",
        fact: "the workers go",
        is: "yes",
        nginx: "no",
        why: "orphans serve for ever, and nobody can tell them anything",
      },
      {
        weakness: "W15",
        fact: "start again",
        is: "ready",
        nginx: "exit 1",
        why: "they hold the port: nothing can be started over them",
      },
    ],
  },
  {
    name: "a Unix socket that a dead master left is taken over",
    settings: { unix: "web.sock", workers: 1 },
    steps: [
      { kind: "start" },
      { kind: "signal", to: "worker 0", signals: ["SIGSTOP"] },
      { kind: "signal", to: "master", signals: ["SIGKILL"] },
      { kind: "ended", label: "killed" },
      { kind: "signal", to: "workers", signals: ["SIGKILL"] },
      { kind: "until", label: "workers gone", is: { gone: "workers" } },
      { kind: "until", label: "is there", is: { file: "web.sock" } },
      { kind: "start", label: "start again" },
    ],
    expect: { "killed": "SIGKILL", "workers gone": "yes", "is there": "yes" },
    right: [{
      weakness: "W21",
      fact: "start again",
      is: "ready",
      nginx: "exit 1",
      why: "the file of a Unix socket outlives a killed master, and blocks " +
        "every start after it",
    }],
  },
];
