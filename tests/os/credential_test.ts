/**
 * Users and groups, and giving up root: in a process of its own, looked at
 * through /proc and not only through our own verification.
 */

import { assert, assertEquals } from "@std/assert";
import {
  effectiveUid,
  lookUpGroup,
  lookUpUser,
} from "../../src/os/credential.ts";
import {
  fixtureCommand,
  IS_ROOT,
  isRunning,
  runFixture,
  startFixture,
} from "./support.ts";
import { until } from "../support/until.ts";

/** A line of /etc/passwd or /etc/group, in fields. */
function entry(file: string, name: string): readonly string[] {
  const lines = Deno.readTextFileSync(file).split("\n");
  const line = lines.find((line) => line.startsWith(`${name}:`));
  return line?.split(":") ?? [];
}

Deno.test("lookUpUser() finds a user as /etc/passwd has it", () => {
  for (const name of ["root", "nobody", "daemon"]) {
    const [, , uid, gid] = entry("/etc/passwd", name);
    const found = lookUpUser(name);
    assert(found.ok);
    assertEquals(
      { ...found.value },
      { name, uid: Number(uid), gid: Number(gid) },
    );
  }
});

Deno.test("lookUpUser() takes a number for a uid", () => {
  const daemon = entry("/etc/passwd", "daemon");
  const known = lookUpUser(daemon[2] ?? "");
  assert(known.ok);
  assertEquals(Number(known.value?.gid), Number(daemon[3]));
  const unknown = lookUpUser("54321");
  assert(unknown.ok);
  assertEquals({ ...unknown.value }, { name: "54321", uid: 54321, gid: 54321 });
});

Deno.test("lookUpUser() and lookUpGroup() of nobody's name are undefined", () => {
  for (const name of ["no-such-user", "", "-1", "a\0b", "4294967295", "1e3"]) {
    assertEquals(lookUpUser(name), { ok: true, value: undefined }, name);
    assertEquals(lookUpGroup(name), { ok: true, value: undefined }, name);
  }
});

Deno.test("lookUpGroup() finds a group by name and number", () => {
  const gid = Number(entry("/etc/group", "daemon")[2]);
  const found = lookUpGroup("daemon");
  assertEquals(found.ok ? Number(found.value) : -1, gid);
  const numeric = lookUpGroup("54321");
  assertEquals(numeric.ok ? Number(numeric.value) : -1, 54321);
});

Deno.test("effectiveUid() is the uid the runtime knows", () => {
  assertEquals(Number(effectiveUid()), Deno.uid());
});

Deno.test({
  name: "dropPrivileges() changes every thread for good (needs root)",
  ignore: !IS_ROOT,
  fn: async () => {
    const seen = await runFixture("os_drop", "nobody");
    const { uid, gid } = seen["user"] as { uid: number; gid: number };
    assertEquals(seen["dropped"], { ok: true });
    assertEquals(seen["ids"], [
      `Uid: ${uid} ${uid} ${uid} ${uid}`,
      `Gid: ${gid} ${gid} ${gid} ${gid}`,
    ]);
    assertEquals(seen["groups"], [`Groups: ${gid}`]);
    assertEquals(seen["capabilities"], ["CapEff: 0000000000000000"]);
    assertEquals(seen["regained"], [-1, -1]);
  },
});

Deno.test({
  name: "setuid clears what has to be set after it (needs root)",
  ignore: !IS_ROOT,
  fn: async () => {
    const seen = await runFixture("os_drop", "nobody");
    assertEquals(seen["before"], [15, 1]);
    assertEquals(seen["cleared"], [0, 0]);
    assertEquals(seen["again"], [15, 1]);
    assertEquals(seen["results"], [
      { ok: true, value: true },
      { ok: true, value: false },
      { ok: true },
    ]);
  },
});

Deno.test({
  name: "dropPrivileges() refuses when root can be regained (needs root)",
  ignore: !IS_ROOT,
  fn: () => {
    // Capabilities kept over setuid: what a container that was set up wrongly
    // amounts to.
    const { stdout } = new Deno.Command("setpriv", {
      args: [
        "--securebits=+no_setuid_fixup",
        ...fixtureCommand("os_keep_root"),
      ],
    }).outputSync();
    assertEquals(
      new TextDecoder().decode(stdout),
      '"setuid(0) failed (1: Operation not permitted)"\n',
    );
  },
});

Deno.test("setParentDeathSignal() ends a child with its parent", async () => {
  const parent = startFixture("os_orphan", "parent");
  const child = JSON.parse(await parent.nextLine());
  assertEquals(child.done, { ok: true, value: true });
  assert(isRunning(child.pid));
  parent.process.kill("SIGKILL");
  await parent.process.status;
  await until(() => !isRunning(child.pid), { what: "the child's death" });
  await parent.process.stdin.close().catch(() => {});
});
