/** File descriptors against what /proc says of them. */

import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { type Fd, toFd } from "../../src/base/id.ts";
import { ABI, cString } from "../../src/os/abi.ts";
import {
  closeFd,
  listOpenFds,
  moveUp,
  setCloseOnExec,
  setNonblocking,
} from "../../src/os/fd.ts";
import { libc } from "../../src/os/libc.ts";

function openNull(): Fd {
  return toFd(libc.open(cString("/dev/null"), ABI.O_RDWR | ABI.O_CLOEXEC, 0));
}

/** The flags of an fd by another way than the one under test. */
function flagsOf(fd: Fd): number {
  const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
  return parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? "", 8);
}

Deno.test("setCloseOnExec() sets and clears the flag", () => {
  const fd = openNull();
  assert((flagsOf(fd) & ABI.O_CLOEXEC) !== 0);
  assert(setCloseOnExec(fd, false).ok);
  assertEquals(flagsOf(fd) & ABI.O_CLOEXEC, 0);
  assert(setCloseOnExec(fd, true).ok);
  assert((flagsOf(fd) & ABI.O_CLOEXEC) !== 0);
  closeFd(fd);
});

Deno.test("setNonblocking() adds O_NONBLOCK and keeps the rest", () => {
  const fd = openNull();
  assertEquals(flagsOf(fd) & ABI.O_NONBLOCK, 0);
  const before = flagsOf(fd);
  assert(setNonblocking(fd).ok);
  assertEquals(flagsOf(fd), before | ABI.O_NONBLOCK);
  closeFd(fd);
});

Deno.test("moveUp() gives a number from the minimum on and closes the old", () => {
  const fd = openNull();
  const moved = moveUp(fd, 200);
  assert(moved.ok);
  assertGreaterOrEqual(moved.value, 200);
  assert((flagsOf(moved.value) & ABI.O_CLOEXEC) !== 0);
  assert(!listOpenFds().some((open) => open.fd === fd));
  closeFd(moved.value);
});

Deno.test("listOpenFds() names each open fd once, and not its own", () => {
  const before = listOpenFds();
  const fd = openNull();
  const after = listOpenFds();
  assertEquals(after.length, before.length + 1);
  assertEquals(
    after.find((open) => open.fd === fd)?.target,
    "/dev/null",
  );
  closeFd(fd);
  assertEquals(listOpenFds(), before);
});

Deno.test("closeFd() of a number that is not open is EBADF", () => {
  const closed = closeFd(toFd(9999));
  assertEquals(closed.ok ? "" : closed.error.code, "EBADF");
});
