/**
 * Who a process is: users and groups looked up, and root given up for good.
 *
 * Dropping privileges is verified, not trusted: afterwards the real, the
 * effective and the saved ids are all the new ones, and setuid(0) must fail.
 * On Linux the kernel's ids are per thread; glibc's wrappers change every
 * thread, which the raw system calls would not.
 *
 * Sources: nginx src/os/unix/ngx_process_cycle.c, ngx_worker_process_init
 * (gid, groups, uid); man 2 setresuid, man 7 credentials, man 7 nptl.
 */

import type { Gid, Pid, Uid } from "../base/id.ts";
import { toGid, toUid } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { ABI, cString, hasNul, LAYOUT } from "./abi.ts";
import { check, errnoError, namedError } from "./errno.ts";
import { libc } from "./libc.ts";

/** A user as the system knows it. */
export interface User {
  readonly name: string;
  readonly uid: Uid;
  /** The user's own group. */
  readonly gid: Gid;
}

/** Room for one entry's strings; doubled while it does not do (ERANGE). */
const ENTRY_BYTES = 4096;
const ENTRY_BYTES_MAX = 1024 * 1024;
/** -1 means "leave it" to chown and setresuid, so it is nobody's id. */
const ID_MAX = 0xffff_fffe;

/** The user this process acts as. */
export function effectiveUid(): Uid {
  return toUid(libc.geteuid());
}

/**
 * A user by name, through NSS; undefined when there is none. A number that is
 * nobody's name is that uid, with the group of the user who has it, else the
 * group of the same number.
 */
export function lookUpUser(name: string): Result<User | undefined> {
  const found = lookUp(`getpwnam("${name}")`, LAYOUT.passwd.size, {
    name,
    ask: (entry, strings, result) =>
      libc.getpwnam_r(cString(name), entry, strings, size(strings), result),
  });
  if (!found.ok) return found;
  if (found.value !== undefined) {
    return success(toUser(name, found.value));
  }
  const uid = toId(name);
  return uid === undefined ? success(undefined) : lookUpUid(uid);
}

function lookUpUid(uid: number): Result<User> {
  const name = String(uid);
  const found = lookUp(`getpwuid(${uid})`, LAYOUT.passwd.size, {
    name,
    ask: (entry, strings, result) =>
      libc.getpwuid_r(uid, entry, strings, size(strings), result),
  });
  if (!found.ok) return found;
  return success(
    found.value === undefined
      ? { name, uid: toUid(uid), gid: toGid(uid) }
      : toUser(name, found.value),
  );
}

function toUser(name: string, entry: DataView): User {
  return {
    name,
    uid: toUid(entry.getUint32(LAYOUT.passwd.uid, true)),
    gid: toGid(entry.getUint32(LAYOUT.passwd.gid, true)),
  };
}

/** A group by name, through NSS, or by number; undefined: there is none. */
export function lookUpGroup(name: string): Result<Gid | undefined> {
  const found = lookUp(`getgrnam("${name}")`, LAYOUT.group.size, {
    name,
    ask: (entry, strings, result) =>
      libc.getgrnam_r(cString(name), entry, strings, size(strings), result),
  });
  if (!found.ok) return found;
  if (found.value !== undefined) {
    return success(toGid(found.value.getUint32(LAYOUT.group.gid, true)));
  }
  const gid = toId(name);
  return success(gid === undefined ? undefined : toGid(gid));
}

type Buffer = Uint8Array<ArrayBuffer>;

/** One get…_r call, again with more room while it says ERANGE. */
function lookUp(
  call: string,
  entryBytes: number,
  { name, ask }: {
    readonly name: string;
    readonly ask: (entry: Buffer, strings: Buffer, result: Buffer) => number;
  },
): Result<DataView | undefined> {
  if (hasNul(name)) return success(undefined);
  for (let room = ENTRY_BYTES; room <= ENTRY_BYTES_MAX; room *= 2) {
    const entry = new Uint8Array(entryBytes);
    const result = new Uint8Array(8);
    const { code, errno } = toReason(ask(entry, new Uint8Array(room), result));
    if (code === "ERANGE") continue;
    if (result.some((byte) => byte !== 0)) {
      return success(new DataView(entry.buffer));
    }
    // Some of the sources behind NSS answer these for "not found".
    if (NOT_FOUND.includes(code)) return success(undefined);
    return failure(errnoError(errno, call));
  }
  return failure(namedError("ERANGE", call));
}

/** man 3 getpwnam, "0 or ENOENT or ESRCH or EBADF or EPERM or ...". */
const NOT_FOUND: readonly string[] = ["", "ENOENT", "ESRCH", "EBADF", "EPERM"];

function toReason(
  errno: number,
): { readonly code: string; readonly errno: number } {
  return errno === 0 ? { code: "", errno } : errnoError(errno, "");
}

function size(buffer: Buffer): bigint {
  return BigInt(buffer.byteLength);
}

function toId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= ID_MAX ? id : undefined;
}

/**
 * Become `user`, for good. In nginx's order: group, supplementary groups,
 * user. Parent-death signal and dumpable are cleared by it: set them after.
 * EPERM with call `setuid(0)` means that root could be regained.
 */
export function dropPrivileges({ name, uid, gid }: User): Result<void> {
  let done = check(libc.setgid(gid), `setgid(${gid})`);
  if (done.ok) {
    done = check(
      libc.initgroups(cString(name), gid),
      `initgroups(${name}, ${gid})`,
    );
  }
  if (done.ok) done = check(libc.setuid(uid), `setuid(${uid})`);
  return done.ok ? verify(uid, gid) : done;
}

function verify(uid: Uid, gid: Gid): Result<void> {
  const users = threeIds(libc.getresuid, "getresuid()");
  if (!users.ok) return users;
  if (users.value.some((id) => id !== uid)) return refuse(`setuid(${uid})`);
  const groups = threeIds(libc.getresgid, "getresgid()");
  if (!groups.ok) return groups;
  if (groups.value.some((id) => id !== gid)) return refuse(`setgid(${gid})`);
  // Succeeds only for a process that kept CAP_SETUID; it must not go on.
  if (uid !== 0 && libc.setuid(0) === 0) return refuse("setuid(0)");
  return success(undefined);
}

function refuse(call: string): Result<void> {
  return failure(namedError("EPERM", call));
}

/** The real, the effective and the saved id. */
function threeIds(
  ask: typeof libc.getresuid,
  call: string,
): Result<readonly number[]> {
  const [real, effective, saved] = [0, 0, 0].map(() => new Uint32Array(1));
  const done = check(
    ask(real ?? null, effective ?? null, saved ?? null),
    call,
  );
  if (!done.ok) return done;
  return success([real, effective, saved].map((id) => id?.[0] ?? -1));
}

/**
 * Send `signo` to this process when its parent dies. false: the parent is
 * `expectedParent` no more, it has died before; nothing will be sent. Cleared
 * by setuid. The kernel watches the thread that spawned us; the master's lives
 * as long as the master.
 */
export function setParentDeathSignal(
  signo: number,
  expectedParent: Pid,
): Result<boolean> {
  const done = prctl(ABI.PR_SET_PDEATHSIG, signo, "prctl(PR_SET_PDEATHSIG)");
  return done.ok ? success(libc.getppid() === expectedParent) : done;
}

/** Allow core dumps again, which setuid forbids. man 2 prctl */
export function setDumpable(): Result<void> {
  return prctl(ABI.PR_SET_DUMPABLE, 1, "prctl(PR_SET_DUMPABLE)");
}

function prctl(option: number, value: number, call: string): Result<void> {
  const done = check(libc.prctl(option, BigInt(value), 0n, 0n, 0n), call);
  return done.ok ? success(undefined) : done;
}
