/** Locks between processes, and the small changes of mode and owner. */

import { assert, assertEquals } from "@std/assert";
import { toGid, toUid } from "../../src/base/id.ts";
import { formatSystemError } from "../../src/base/system_error.ts";
import { listOpenFds } from "../../src/os/fd.ts";
import {
  chownPath,
  isLocked,
  type LockedFile,
  lockFile,
  makeWritable,
  openAppend,
} from "../../src/os/file.ts";
import { IS_ROOT, runFixture, startFixture, withFolder } from "./support.ts";

function lock(path: string): LockedFile {
  const locked = lockFile(path, 0o644);
  assert(locked.ok, locked.ok ? "" : formatSystemError(locked.error));
  return locked.value;
}

function codeOf(path: string): string {
  const locked = lockFile(path, 0o644);
  if (!locked.ok) return locked.error.code;
  locked.value.close();
  return "";
}

function held(path: string): boolean | string {
  const answer = isLocked(path);
  return answer.ok ? answer.value : answer.error.code;
}

Deno.test("lockFile() is refused while another process holds the lock", () =>
  withFolder(async (folder) => {
    const path = `${folder}/pid`;
    const other = startFixture("os_lock", path);
    assertEquals(await other.nextLine(), '"locked"');
    assertEquals(codeOf(path), "EAGAIN");
    assertEquals(held(path), true);
    assertEquals(Deno.readTextFileSync(path), `${other.process.pid}\n`);
    await other.process.stdin.close();
    await other.process.status;
    assertEquals(held(path), false);
    assertEquals(codeOf(path), "");
    await other.process.stdout.cancel().catch(() => {});
  }));

Deno.test("lockFile() is free again when its holder was killed", () =>
  withFolder(async (folder) => {
    const path = `${folder}/pid`;
    const other = startFixture("os_lock", path);
    assertEquals(await other.nextLine(), '"locked"');
    other.process.kill("SIGKILL");
    await other.process.status;
    await other.process.stdin.close().catch(() => {});
    assertEquals(held(path), false);
    const mine = lock(path);
    assertEquals(held(path), true);
    mine.close();
  }));

Deno.test("lockFile() keeps the content until write() replaces it", () =>
  withFolder((folder) => {
    const path = `${folder}/pid`;
    Deno.writeTextFileSync(path, "a longer text than the next\n");
    const mine = lock(path);
    assertEquals(
      Deno.readTextFileSync(path),
      "a longer text than the next\n",
    );
    for (const text of ["4711\n", "12345678\n", "1\n"]) {
      assert(mine.write(text).ok);
      assertEquals(Deno.readTextFileSync(path), text);
    }
    mine.close();
  }));

Deno.test("lockFile() gives a new file its mode, close-on-exec", () =>
  withFolder((folder) => {
    const umask = Deno.umask(0o022);
    const mine = lock(`${folder}/pid`);
    Deno.umask(umask);
    assertEquals((Deno.statSync(mine.path).mode ?? 0) & 0o777, 0o644);
    const info = Deno.readTextFileSync(`/proc/self/fdinfo/${mine.fd}`);
    assert(/^flags:\s*0?2\d{6}$/m.test(info), info);
    mine.close();
  }));

Deno.test("lockFile() never holds a file that has lost its name", () =>
  withFolder(async (folder) => {
    const results = await Promise.all(
      [1, 2].map(() => runFixture("os_lock_often", folder, "300")),
    );
    for (const result of results) {
      assertEquals(result, { held: 300, shared: 0 });
    }
  }));

Deno.test("LockedFile.isInPlace() sees a file that was replaced", () =>
  withFolder((folder) => {
    const path = `${folder}/pid`;
    const mine = lock(path);
    assertEquals(mine.isInPlace(), true);
    Deno.renameSync(path, `${path}.oldbin`);
    assertEquals(mine.isInPlace(), false);
    const next = lock(path);
    assertEquals([mine.isInPlace(), next.isInPlace()], [false, true]);
    mine.close();
    next.close();
  }));

Deno.test("lockFile() refuses a link, a folder and a NUL, leaving no fd", () =>
  withFolder((folder) => {
    Deno.symlinkSync("/etc/passwd", `${folder}/link`);
    const before = listOpenFds();
    assertEquals(codeOf(`${folder}/link`), "ELOOP");
    assertEquals(codeOf(folder), "EISDIR");
    assertEquals(codeOf(`${folder}/a\0b`), "EINVAL");
    assertEquals(codeOf(`${folder}/none/pid`), "ENOENT");
    assertEquals(listOpenFds(), before);
  }));

Deno.test("isLocked() creates nothing and leaves no lock", () =>
  withFolder((folder) => {
    const path = `${folder}/pid`;
    assertEquals(held(path), false);
    assertEquals([...Deno.readDirSync(folder)], []);
    Deno.writeTextFileSync(path, "");
    assertEquals(held(path), false);
    assertEquals(codeOf(path), "");
  }));

Deno.test("openAppend() appends and names the call that fails", () =>
  withFolder((folder) => {
    const path = `${folder}/error.log`;
    Deno.writeTextFileSync(path, "a\n");
    const opened = openAppend(path, 0o644);
    assert(opened.ok);
    opened.value.writeSync(new TextEncoder().encode("b\n"));
    opened.value.close();
    assertEquals(Deno.readTextFileSync(path), "a\nb\n");
    const missing = openAppend(`${folder}/none/x`, 0o644);
    assertEquals(
      missing.ok ? "" : formatSystemError(missing.error),
      `open() "${folder}/none/x" failed (2: No such file or directory)`,
    );
  }));

Deno.test("makeWritable() adds what the owner needs and nothing else", () =>
  withFolder((folder) => {
    const path = `${folder}/error.log`;
    Deno.writeTextFileSync(path, "");
    Deno.chmodSync(path, 0o044);
    assert(makeWritable(path).ok);
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o644);
    assert(!makeWritable(`${folder}/none`).ok);
  }));

Deno.test({
  name: "chownPath() gives a file away (needs root)",
  ignore: !IS_ROOT,
  fn: () =>
    withFolder((folder) => {
      const path = `${folder}/error.log`;
      Deno.writeTextFileSync(path, "");
      assert(chownPath(path, { uid: toUid(65534), gid: toGid(65533) }).ok);
      const { uid, gid } = Deno.statSync(path);
      assertEquals([uid, gid], [65534, 65533]);
    }),
});
