/** Descriptors over a socket, and mailboxes on real ones. */

import { assert, assertEquals } from "@std/assert";
import { encodeFrame } from "../../src/channel/frame.ts";
import { Mailboxes } from "../../src/channel/mailbox.ts";
import type { Handoff } from "../../src/channel/message.ts";
import { toFd } from "../../src/base/id.ts";
import { closeFd, listOpenFds } from "../../src/os/fd.ts";
import {
  openHandoffPair,
  openMailboxPair,
  type Pair,
  pass,
  takePassed,
} from "../../src/os/pass.ts";
import { until } from "../support/until.ts";

function made(pair: ReturnType<typeof openMailboxPair>): Pair {
  assert(pair.ok);
  return pair.value;
}

function give(socket: Pair[0], message: Handoff, fd?: Pair[0]): void {
  const bytes = new TextEncoder().encode(JSON.stringify(message));
  assert(pass(socket, { bytes, fd }).ok);
  if (fd !== undefined) closeFd(fd);
}

function frame(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeFrame(value) ?? new Uint8Array();
}

Deno.test("a descriptor arrives with its message, in order, close-on-exec", () => {
  const before = listOpenFds().length;
  const [near, far] = made(openHandoffPair());
  const [left, right] = made(openMailboxPair());
  const bytes = new TextEncoder().encode("one");
  assert(pass(near, { bytes, fd: left }).ok);
  assert(pass(near, { bytes: bytes.slice(1), fd: undefined }).ok);
  const first = takePassed(far);
  assertEquals(first?.bytes, bytes);
  assert(first?.fd !== undefined);
  assertEquals(takePassed(far), { bytes: bytes.slice(1), fd: undefined });
  assertEquals(takePassed(far), undefined);
  const flags = Deno.readTextFileSync(`/proc/self/fdinfo/${first.fd}`);
  assertEquals(Number(/^flags:\s+(\d+)/m.exec(flags)?.[1]) % 1e8 >= 2e6, true);
  for (const fd of [near, far, left, right, first.fd]) closeFd(fd);
  assertEquals(listOpenFds().length, before);
});

Deno.test("a full handoff socket is an answer, and loses nothing", () => {
  const [near, far] = made(openHandoffPair());
  const bytes = new Uint8Array(8);
  let sent = 0;
  for (;;) {
    const passed = pass(near, { bytes, fd: undefined });
    if (!passed.ok) {
      assertEquals(passed.error.code, "EAGAIN");
      break;
    }
    sent += 1;
  }
  let taken = 0;
  while (takePassed(far) !== undefined) taken += 1;
  assertEquals(taken, sent);
  for (const fd of [near, far]) closeFd(fd);
});

Deno.test("garbage ends the mailbox with its sender, and no other", async () => {
  const [near, far] = made(openHandoffPair());
  const heard: string[] = [];
  const broken: number[] = [];
  let isComplete = false;
  const mailboxes = new Mailboxes(far, {
    onFrame: (value, { pid }) => heard.push(`${pid}: ${value}`),
    onBroken: (_, { pid }) => broken.push(pid),
    onComplete: () => isComplete = true,
  });
  const siblings = [1, 2].map((pid) => {
    const [left, right] = made(openMailboxPair());
    give(near, { kind: "open", slot: pid, pid, role: "worker" }, left);
    return right;
  });
  give(near, { kind: "complete" });
  mailboxes.receive();
  assertEquals(isComplete, true);
  const [bad, good] = siblings.map((fd) => write(fd));
  bad?.(frame("before"));
  bad?.(new TextEncoder().encode("{{{\n"));
  await until(() => broken.length > 0, { what: "the garbage is noticed" });
  bad?.(frame("after"));
  good?.(frame("whole"));
  await until(() => heard.length === 2, { what: "the good one is heard" });
  assertEquals(heard.toSorted(), ["1: before", "2: whole"]);
  assertEquals(broken, [1]);
  await until(() => mailboxes.siblings.length === 1, { what: "one is left" });
  give(near, { kind: "close", pid: 2 });
  mailboxes.receive();
  await until(() => mailboxes.siblings.length === 0, { what: "none is left" });
  for (const fd of [near, far, ...siblings]) closeFd(fd);
});

Deno.test("a sibling that does not read costs its own messages alone", async () => {
  const [near, far] = made(openHandoffPair());
  const mailboxes = new Mailboxes(far, {
    onFrame: () => {},
    onBroken: () => {},
    onComplete: () => {},
  });
  const siblings = [1, 2].map((pid) => {
    const [left, right] = made(openMailboxPair());
    give(near, { kind: "open", slot: pid, pid, role: "worker" }, left);
    return right;
  });
  mailboxes.receive();
  const [, reader] = siblings;
  assert(reader !== undefined);
  let bytes = 0;
  const message = frame("x".repeat(1000));
  for (let count = 0; count < 1000; count++) {
    mailboxes.send(message, "worker");
    if (count % 20 === 0) {
      await until(() => {
        bytes += read(reader);
        return bytes >= count * message.length;
      }, { what: "the reader has read" });
    }
  }
  await until(() => {
    bytes += read(reader);
    return bytes === 1000 * message.length;
  }, { what: "the reader has all" });
  assert(mailboxes.dropped > 0);
  for (const fd of [near, far, ...siblings]) closeFd(fd);
});

/** Writes to a socket by its number, as a sibling would. */
function write(fd: number): (bytes: Uint8Array<ArrayBuffer>) => void {
  return (bytes) => void pass(toFd(fd), { bytes, fd: undefined });
}

/** Reads what is there; how many bytes. */
function read(fd: number): number {
  let bytes = 0;
  for (;;) {
    const passed = takePassed(toFd(fd));
    if (passed === undefined) return bytes;
    bytes += passed.bytes.length;
  }
}
