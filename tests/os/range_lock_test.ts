/** Locks on single bytes, against the kernel. */

import { assert, assertEquals } from "@std/assert";
import { openRangeLocks, type RangeLocks } from "../../src/os/range_lock.ts";

function open(path: string): RangeLocks {
  const opened = openRangeLocks(path);
  assert(opened.ok);
  return opened.value;
}

Deno.test("a number is locked once, others beside it, and close lets go", () => {
  const path = Deno.makeTempFileSync();
  try {
    const [one, two] = [open(path), open(path)];
    const big = 2n ** 60n;
    assertEquals(one.tryLock(big), { ok: true, value: true });
    assertEquals(two.tryLock(big), { ok: true, value: false });
    assertEquals(two.isLocked(big), { ok: true, value: true });
    assertEquals(one.isLocked(big), { ok: true, value: false });
    assertEquals(two.tryLock(big + 1n), { ok: true, value: true });
    one.unlock(big);
    assertEquals(two.tryLock(big), { ok: true, value: true });
    two.close();
    assertEquals(one.tryLock(big), { ok: true, value: true });
    one.close();
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("a file that cannot be made is an error", () => {
  const opened = openRangeLocks("/proc/none/lock");
  assertEquals(opened.ok, false);
});
