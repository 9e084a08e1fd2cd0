/**
 * Signals: plain listeners, and SIGUSR1 from source in a master and in its
 * child, where the runtime would open a debugger port.
 */

import { assert, assertEquals } from "@std/assert";
import { isUsr1Blocked, usr1Set } from "../../src/os/reexec.ts";
import { onSignal } from "../../src/os/signal.ts";
import { fixtureCommand, isRunning } from "./support.ts";
import { throughout, until } from "../support/until.ts";

/** A process whose lines of JSON are collected as they come. */
function collect(env: Record<string, string>, ...args: string[]): {
  readonly process: Deno.ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly errors: () => string;
} {
  const [file = "", ...rest] = fixtureCommand("os_usr1", ...args);
  const process = new Deno.Command(file, {
    args: rest,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: Record<string, unknown>[] = [];
  let [text, errors] = ["", ""];
  const decoder = new TextDecoder();
  process.stdout.pipeTo(
    new WritableStream({
      write(chunk): void {
        text += decoder.decode(chunk, { stream: true });
        const parts = text.split("\n");
        text = parts.pop() ?? "";
        for (const part of parts) lines.push(JSON.parse(part));
      },
    }),
  );
  process.stderr.pipeTo(
    new WritableStream({
      write(chunk): void {
        errors += new TextDecoder().decode(chunk);
      },
    }),
  );
  return { process, lines, errors: () => errors };
}

Deno.test("reexec() and readUsr1() take SIGUSR1 from the debugger, child and all", async () => {
  const text = "two words\tand é";
  const env = { NO_COLOR: "1", PROCMGR_TEST_TEXT: text };
  const { process, lines, errors } = collect(env, "master", "", "a b");
  await until(() => lines.length === 2, { what: "both processes" });
  const [master, child] = lines;
  assert(master !== undefined && child !== undefined);
  // Same process, arguments and environment; only started once more.
  assertEquals(master, {
    role: "master",
    pid: process.pid,
    wasBlocked: true,
    args: ["master", "", "a b"],
    env: text,
  });
  assertEquals(child["wasBlocked"], true, "inherited");
  const childPid = Number(child["pid"]);
  // The runtime listens for it half a second after its start.
  await throughout(() => errors() === "", { what: "no output", forMs: 700 });
  for (const pid of [process.pid, childPid]) {
    for (let round = 1; round <= 3; round++) {
      const before = lines.length;
      Deno.kill(pid, "SIGUSR1");
      await until(() => lines.length > before, { what: "the signal" });
      assertEquals(lines.at(-1), {
        role: pid === childPid ? "child" : "master",
        sender: Deno.pid,
      });
    }
  }
  assertEquals(errors(), "", "no word of a debugger");
  assertEquals(lines.length, 8);
  process.kill("SIGKILL");
  await process.status;
  Deno.kill(childPid, "SIGKILL");
  await until(() => !isRunning(childPid), { what: "the child's end" });
});

Deno.test("isUsr1Blocked() is false in a process that was just started", () => {
  assertEquals(isUsr1Blocked(), false);
});

Deno.test("usr1Set() has the bit of signal 10 alone", () => {
  assertEquals([...usr1Set()].slice(0, 4), [0, 2, 0, 0]);
  assertEquals(usr1Set().length, 128);
});

Deno.test("onSignal() calls back until it is told to stop", async () => {
  let [first, second] = [0, 0];
  const stopFirst = onSignal("SIGUSR2", () => first++);
  const stopSecond = onSignal("SIGUSR2", () => second++);
  Deno.kill(Deno.pid, "SIGUSR2");
  await until(() => first === 1 && second === 1, { what: "the signal" });
  stopFirst();
  Deno.kill(Deno.pid, "SIGUSR2");
  await until(() => second === 2, { what: "the second signal" });
  assertEquals(first, 1);
  stopSecond();
});

Deno.test("SIGPIPE is ignored by the runtime, as signal.ts says", () => {
  const status = Deno.readTextFileSync("/proc/self/status");
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  assertEquals(BigInt(`0x${mask}`) >> 12n & 1n, 1n);
});
