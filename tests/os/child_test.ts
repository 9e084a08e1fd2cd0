/**
 * Children: every way to fail to start, to talk and to end comes out as the
 * handlers promise, once and in order.
 */

import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { type Fd, toFd } from "../../src/base/id.ts";
import type { SystemError } from "../../src/base/system_error.ts";
import { ABI, cString } from "../../src/os/abi.ts";
import {
  type Child,
  type ChildHandlers,
  spawnChild,
  type SpawnSpec,
} from "../../src/os/child.ts";
import { closeFd, listOpenFds } from "../../src/os/fd.ts";
import { libc } from "../../src/os/libc.ts";
import { fixtureCommand, isRunning, runFixture } from "./support.ts";
import { throughout, until } from "../support/until.ts";

/** What the handlers were told, in order, and what came with it. */
class Record implements ChildHandlers {
  readonly called: string[] = [];
  readonly messages: unknown[] = [];
  readonly failed: string[] = [];
  error: SystemError | undefined;
  child: Child | undefined;

  constructor(changes: Partial<SpawnSpec> = {}) {
    spawnChild({
      command: fixtureCommand("os_channel"),
      env: { HOME: Deno.env.get("HOME") ?? "/", NO_COLOR: "1" },
      inherit: [],
      ...changes,
    }, this);
  }

  onSpawned(child: Child): void {
    this.called.push("spawned");
    this.child = child;
  }
  onSpawnFailed(error: SystemError): void {
    this.called.push("spawnFailed");
    this.error = error;
  }
  onMessage(value: unknown): void {
    this.called.push("message");
    this.messages.push(value);
  }
  onChannelClosed(): void {
    this.called.push("closed");
  }
  onChannelBroken(reason: string): void {
    this.called.push(`broken: ${reason}`);
  }
  onExited(exit: unknown): void {
    this.called.push(`exited ${JSON.stringify(exit)}`);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }
  send(value: unknown): void {
    this.child?.send(value, (reason) => {
      this.called.push("sendFailed");
      this.failed.push(reason);
    });
  }
  kill(signal: Deno.Signal): boolean {
    return this.child?.kill(signal) ?? false;
  }
  has(start: string): boolean {
    return this.called.some((name) => name.startsWith(start));
  }
  async started(): Promise<this> {
    await until(() => this.messages.length > 0, { what: "the first message" });
    return this;
  }
  async answer(order: unknown): Promise<unknown> {
    const before = this.messages.length;
    this.send(order);
    await until(() => this.messages.length > before, { what: "the answer" });
    return this.messages[before];
  }
  async ended(): Promise<string> {
    await until(() => this.has("exited"), { what: "the exit" });
    await this.settles();
    return this.called.at(-1) ?? "";
  }
  /** Nothing more is told. */
  async settles(): Promise<void> {
    const { length } = this.called;
    await throughout(() => this.called.length === length, {
      what: "nothing more is told",
      forMs: 100,
    });
  }
  /** Send to a stopped child until no more is taken; how many were. */
  async fill(): Promise<number> {
    const padding = "y".repeat(20_000);
    for (let taken = 0; taken < 1000; taken++) {
      this.send({ taken, padding });
      await turn();
      if (this.failed.length > 0) return taken;
    }
    return Infinity;
  }
}

/** One turn of the event loop, in which the kernel may take what was sent. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function openNull(): Fd {
  return toFd(
    libc.fcntl(
      libc.open(cString("/dev/null"), ABI.O_RDWR | ABI.O_CLOEXEC, 0),
      ABI.F_DUPFD_CLOEXEC,
      70,
    ),
  );
}

function isCloseOnExec(fd: Fd): boolean {
  return (libc.fcntl(fd, ABI.F_GETFD, 0) & ABI.FD_CLOEXEC) !== 0;
}

Deno.test("spawnChild() tells of the spawn, messages and the exit in order", async () => {
  const record = await new Record().started();
  assertEquals(record.messages, [{ kind: "started" }]);
  assertEquals(await record.answer({ n: [1, "é"] }), { n: [1, "é"] });
  record.send({ kind: "exit", code: 3 });
  assertEquals(await record.ended(), 'exited {"kind":"code","code":3}');
  // What it says just before its exit may be lost, but never comes after.
  const unique = new Set(record.called);
  assertEquals([...unique].slice(0, 2), ["spawned", "message"]);
  assertEquals(record.failed, []);
});

Deno.test("spawnChild() names the signal that killed a child", async () => {
  const record = await new Record().started();
  assertEquals(record.kill("SIGKILL"), true);
  assertEquals(
    await record.ended(),
    'exited {"kind":"signal","signal":"SIGKILL"}',
  );
  assertEquals(record.kill("SIGKILL"), false);
  record.send({ too: "late" });
  await record.settles();
  assertEquals(record.failed, [], "nothing is told after the exit");
});

Deno.test("spawnChild() survives a child that throws", async () => {
  const record = await new Record().started();
  record.send({ kind: "throw" });
  assertEquals(await record.ended(), 'exited {"kind":"code","code":1}');
});

Deno.test("spawnChild() passes just the environment given", async () => {
  const env = { HOME: Deno.env.get("HOME") ?? "/", FOO: "a=b" };
  const record = await new Record({ env }).started();
  const answer = await record.answer({ kind: "env" }) as {
    env: { [name: string]: string };
  };
  // A deno without a real node on its PATH puts these there by itself.
  const { DENO_NODE_SHIM_ACTIVE: _, PATH: __, ...rest } = answer.env;
  assertEquals(rest, env);
  record.kill("SIGKILL");
  await record.ended();
});

Deno.test("spawnChild() gives a child exactly the fds it inherits", async () => {
  const [given, kept] = [openNull(), openNull()];
  const record = new Record({ inherit: [given] });
  assert(isCloseOnExec(given), "set again at once");
  await record.started();
  const { fds } = await record.answer({ kind: "fds" }) as { fds: Fd[] };
  assert(fds.includes(given));
  assert(!fds.includes(kept));
  record.kill("SIGKILL");
  await record.ended();
  for (const fd of [given, kept]) closeFd(fd);
});

Deno.test("spawnChild() says once why a program cannot be executed", async () => {
  const cases = [["/nonexistent", 2], ["/etc/passwd", 13], [
    "/tmp",
    13,
  ]] as const;
  for (const [file, errno] of cases) {
    const fd = openNull();
    const record = new Record({ command: [file], inherit: [fd] });
    assert(isCloseOnExec(fd));
    await until(() => record.called.length > 0, { what: "the failure" });
    await record.settles();
    assertEquals(record.called, ["spawnFailed"]);
    assertEquals(record.error?.errno, errno);
    assertEquals(record.error?.call, `spawn("${file}")`);
    closeFd(fd);
  }
});

Deno.test("spawnChild() takes what the runtime throws for a spawn failure", async () => {
  const fd = openNull();
  const record = new Record({ command: ["/bin/true", "a\0b"], inherit: [fd] });
  assert(isCloseOnExec(fd));
  await record.settles();
  assertEquals(record.called, ["spawnFailed"]);
  closeFd(fd);
  const gone = new Record({ inherit: [toFd(9999)] });
  await gone.settles();
  assertEquals(gone.called, ["spawnFailed"]);
  assertEquals(gone.error?.code, "EBADF");
});

Deno.test("spawnChild() without a free fd is EMFILE, once", async () => {
  const { called } = await runFixture("os_emfile");
  assertEquals(called, ["EMFILE"]);
});

Deno.test("spawnChild() tells of garbage on the channel, and goes on", async () => {
  const record = await new Record().started();
  record.send({ kind: "garbage" });
  await until(() => record.has("broken"), { what: "the broken channel" });
  assert(isRunning(record.pid));
  assertMatch(record.called.at(-1) ?? "", /^broken: \S/);
  assertEquals(record.kill("SIGTERM"), true);
  assertEquals(
    await record.ended(),
    'exited {"kind":"signal","signal":"SIGTERM"}',
  );
});

Deno.test("spawnChild() tells when the child closes its channel", async () => {
  const record = await new Record().started();
  record.send({ kind: "disconnect" });
  await until(() => record.has("closed"), { what: "the closed channel" });
  // Without its channel nothing keeps that child running.
  assertEquals(await record.ended(), 'exited {"kind":"code","code":0}');
  assertEquals(record.called, [
    "spawned",
    "message",
    "closed",
    'exited {"kind":"code","code":0}',
  ]);
});

Deno.test("Child.send() to a stopped child fails beyond a limit, then recovers", async () => {
  const record = await new Record().started();
  record.kill("SIGSTOP");
  const taken = await record.fill();
  // The limit, and what fitted into the socket before it filled up.
  assertGreater(taken, 64);
  assertGreater(200, taken);
  assertEquals(record.failed, ["channel full"]);
  record.kill("SIGCONT");
  await until(() => record.messages.length === 1 + taken, {
    what: "all that was taken",
  });
  assertEquals(await record.answer({ n: "again" }), { n: "again" });
  record.kill("SIGKILL");
  await record.ended();
});

Deno.test("Child.send() fails at most once per message, and before the exit", async () => {
  const record = await new Record().started();
  record.kill("SIGSTOP");
  const taken = await record.fill();
  record.kill("SIGKILL");
  // What the kernel had not taken breaks with the channel.
  assertMatch(await record.ended(), /^exited/);
  assertGreater(taken + 1, record.failed.length);
});

Deno.test("Child.send() of what is no JSON fails as a value", async () => {
  const record = await new Record().started();
  const ring: { ring?: unknown } = {};
  ring.ring = ring;
  record.send(ring);
  record.send(1n);
  await until(() => record.failed.length === 2, { what: "both failures" });
  assertEquals(await record.answer({ fine: 1 }), { fine: 1 });
  record.kill("SIGKILL");
  await record.ended();
});

Deno.test("spawnChild() closes a channel that a grandchild holds on to", async () => {
  const known = new Set(listOpenFds().map(({ target }) => target));
  const record = await new Record().started();
  const own = listOpenFds().map(({ target }) => target)
    .filter((target) => target.startsWith("socket:") && !known.has(target));
  assertEquals(own.length, 1, "our end of the channel");
  const answer = await record.answer({ kind: "grandchild" });
  const { pid } = answer as { pid: number };
  try {
    record.kill("SIGKILL");
    await record.ended();
    assert(isRunning(pid));
    await until(
      () => !listOpenFds().some(({ target }) => own.includes(target)),
      { what: "our end closed" },
    );
  } finally {
    Deno.kill(pid, "SIGKILL");
  }
});

Deno.test("Child.send() to a child without a channel fails as a value", async () => {
  const record = await new Record().started();
  record.send({ kind: "disconnect, and stay" });
  await until(() => record.has("closed"), { what: "the closed channel" });
  record.send({ n: 1 });
  assertEquals(record.failed, [], "never within the call");
  await until(() => record.failed.length === 1, { what: "the failure" });
  assertEquals(record.failed, ["channel closed"]);
  assertEquals(record.kill("SIGKILL"), true);
  await record.ended();
});

Deno.test("Child.kill() leaves the channel alone", async () => {
  const record = await new Record().started();
  assertEquals(record.kill("SIGCONT"), true);
  assertEquals(await record.answer({ n: 1 }), { n: 1 });
  record.kill("SIGTERM");
  assertEquals(
    await record.ended(),
    'exited {"kind":"signal","signal":"SIGTERM"}',
  );
});

Deno.test("Child.kill() cannot hit a reused pid: the event loop reaps", async () => {
  const record = await new Record().started();
  record.kill("SIGKILL");
  // The pid throughout taken by a zombie for as long as no event is handled.
  const deadline = performance.now() + 300;
  while (performance.now() < deadline) {
    const stat = Deno.readTextFileSync(`/proc/${record.pid}/stat`);
    assertMatch(stat, /\(deno\) [ZRSDX]/);
  }
  assertEquals(isRunning(record.pid), false);
  assertEquals(record.kill("SIGTERM"), true);
  assertEquals(
    await record.ended(),
    'exited {"kind":"signal","signal":"SIGKILL"}',
  );
  assertEquals(record.kill("SIGTERM"), false);
});

Deno.test("spawnChild() leaves no fd behind, whether it fails or not", async () => {
  // The first of each kind opens what the runtime keeps for good.
  const commands = [["/bin/true"], ["/nonexistent"], ["/etc/passwd"]];
  const all = async (): Promise<void> => {
    for (const command of commands) {
      const record = new Record({ command });
      await until(
        () => record.has("exited") || record.has("spawnF"),
        { what: "the end" },
      );
    }
  };
  await all();
  const before = listOpenFds().length;
  for (let round = 0; round < 3; round++) await all();
  await until(() => listOpenFds().length <= before, { what: "fds closed" });
});
