/** Unix listeners: mode, owner, what a path holds, removing only our own. */

import { assert, assertEquals } from "@std/assert";
import type { Fd } from "../../src/base/id.ts";
import { toGid, toUid } from "../../src/base/id.ts";
import { formatSystemError } from "../../src/base/system_error.ts";
import { closeFd, listOpenFds } from "../../src/os/fd.ts";
import {
  openUnix,
  probeUnixPath,
  removeUnix,
  unixIdentity,
  type UnixSpec,
} from "../../src/os/unix_socket.ts";
import { IS_ROOT, withFolder } from "./support.ts";

function open(path: string, changes: Partial<UnixSpec> = {}): Fd {
  const opened = openUnix({ path, mode: 0o666, backlog: 511, ...changes });
  assert(opened.ok, opened.ok ? "" : formatSystemError(opened.error));
  return opened.value;
}

function probe(path: string): string {
  const probed = probeUnixPath(path);
  return probed.ok ? probed.value : probed.error.code;
}

Deno.test("openUnix() gives the file exactly the mode, whatever the umask", () =>
  withFolder((folder) => {
    const umask = Deno.umask(0o027);
    try {
      for (const mode of [0o666, 0o600, 0o660, 0o777]) {
        const path = `${folder}/${mode.toString(8)}.sock`;
        const fd = open(path, { mode });
        assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, mode);
        closeFd(fd);
      }
      assertEquals(Deno.umask(), 0o027);
    } finally {
      Deno.umask(umask);
    }
  }));

Deno.test({
  name: "openUnix() gives the file its owner (needs root)",
  ignore: !IS_ROOT,
  fn: () =>
    withFolder((folder) => {
      const path = `${folder}/s.sock`;
      const owner = { uid: toUid(65534), gid: toGid(65533) };
      const fd = open(path, { owner });
      const { uid, gid } = Deno.lstatSync(path);
      assertEquals([uid, gid], [65534, 65533]);
      closeFd(fd);
    }),
});

Deno.test("openUnix() takes connections, also at a path too long for it", () =>
  withFolder(async (folder) => {
    const deep = `${folder}/${"d".repeat(100)}/${"e".repeat(100)}`;
    Deno.mkdirSync(deep, { recursive: true });
    const before = listOpenFds().length;
    const fd = open(`${deep}/s.sock`);
    assertEquals(listOpenFds().length, before + 1);
    assertEquals(probe(`${deep}/s.sock`), "alive");
    // Deno cannot connect to such a path, but to a link to its folder.
    Deno.symlinkSync(deep, `${folder}/l`);
    (await Deno.connect({ transport: "unix", path: `${folder}/l/s.sock` }))
      .close();
    closeFd(fd);
    assertEquals(probe(`${deep}/s.sock`), "stale");
  }));

Deno.test("openUnix() refuses a path that exists and leaves it alone", () =>
  withFolder((folder) => {
    const path = `${folder}/s.sock`;
    Deno.writeTextFileSync(path, "precious");
    const before = listOpenFds();
    const opened = openUnix({ path, mode: 0o666, backlog: 1 });
    assertEquals(
      opened.ok ? "" : formatSystemError(opened.error),
      `bind() to unix:${path} failed (98: Address already in use)`,
    );
    assertEquals(Deno.readTextFileSync(path), "precious");
    assertEquals(listOpenFds(), before);
  }));

Deno.test("openUnix() refuses a NUL and a folder that is not there", () =>
  withFolder((folder) => {
    for (const name of ["a\0b", "none/s.sock", `none/${"x".repeat(120)}`]) {
      const path = `${folder}/${name}`;
      assert(!openUnix({ path, mode: 0o666, backlog: 1 }).ok, name);
    }
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("probeUnixPath() tells free, alive, stale and foreign apart", () =>
  withFolder((folder) => {
    const path = `${folder}/s.sock`;
    assertEquals(probe(path), "free");
    const fd = open(path);
    assertEquals(probe(path), "alive");
    closeFd(fd);
    assertEquals(probe(path), "stale");
    Deno.writeTextFileSync(`${folder}/file`, "");
    assertEquals(probe(`${folder}/file`), "foreign");
    assertEquals(probe(folder), "foreign");
    Deno.symlinkSync(path, `${folder}/link`);
    assertEquals(probe(`${folder}/link`), "foreign");
    assertEquals(probe(`${folder}/file/x`), "ENOTDIR");
  }));

Deno.test("probeUnixPath() calls a socket with a full queue alive", () =>
  withFolder((folder) => {
    const path = `${folder}/s.sock`;
    const fd = open(path, { backlog: 1 });
    // Each probe leaves one connection in the queue that nobody accepts.
    for (let times = 0; times < 5; times++) assertEquals(probe(path), "alive");
    closeFd(fd);
  }));

Deno.test("removeUnix() removes only the socket it was told of", () =>
  withFolder((folder) => {
    const path = `${folder}/s.sock`;
    const first = open(path);
    const identity = unixIdentity(path);
    assert(identity !== undefined);
    // Another one takes the name, while the first still has its inode.
    Deno.renameSync(path, `${folder}/old.sock`);
    const second = open(path);
    assertEquals(removeUnix(path, identity), false);
    assertEquals(probe(path), "alive");
    const own = unixIdentity(path);
    assert(own !== undefined);
    assertEquals(removeUnix(path, own), true);
    assertEquals(removeUnix(path, own), false);
    assertEquals(probe(path), "free");
    closeFd(first);
    closeFd(second);
  }));

Deno.test("unixIdentity() of what is no socket is undefined", () =>
  withFolder((folder) => {
    assertEquals(unixIdentity(folder), undefined);
    assertEquals(unixIdentity(`${folder}/none`), undefined);
  }));
