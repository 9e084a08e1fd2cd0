/**
 * Unix listening sockets: mode and owner, what lies at a path before binding,
 * and removing only what is ours. The file is created for the owner alone and
 * opened up before listen(), so nobody connects with the wrong permissions.
 *
 * A path of more than 107 bytes does not fit in sockaddr_un; it is bound
 * through its opened folder, /proc/self/fd/N/name.
 *
 * Sources: man 7 unix; nginx src/core/ngx_connection.c.
 */

import type { Fd, Gid, Uid } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { ABI, cString, hasNul, LAYOUT } from "./abi.ts";
import { check, fromDenoError, namedError } from "./errno.ts";
import { closeFd } from "./fd.ts";
import { libc } from "./libc.ts";
import { openSocket } from "./socket.ts";

/** What openUnix opens. */
export interface UnixSpec {
  /** Absolute; nothing may exist there. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly owner?: { readonly uid: Uid; readonly gid: Gid } | undefined;
  readonly backlog: number;
}

/** Which file a path was, so that only that one is removed. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** A listening Unix socket. On failure no file of ours is left behind. */
export function openUnix(spec: UnixSpec): Result<Fd> {
  const shown = `unix:${spec.path}`;
  const opened = openSocket(ABI.AF_UNIX, shown);
  if (!opened.ok) return opened;
  const fd = opened.value;
  const bound = withAddress(spec.path, `bind() to ${shown}`, (address) => {
    // The file's mode comes from the umask: the owner's alone, for now.
    const umask = Deno.umask(0o177);
    const result = check(
      libc.bind(fd, address, address.byteLength),
      `bind() to ${shown}`,
    );
    Deno.umask(umask);
    return result;
  });
  const identity = bound.ok ? unixIdentity(spec.path) : undefined;
  const result = bound.ok ? openUp(fd, spec) : bound;
  if (result.ok) return success(fd);
  closeFd(fd);
  if (identity !== undefined) removeUnix(spec.path, identity);
  return result;
}

function openUp(
  fd: Fd,
  { path, mode, owner, backlog }: UnixSpec,
): Result<number> {
  if (owner !== undefined) {
    try {
      Deno.chownSync(path, owner.uid, owner.gid);
    } catch (error) {
      return failure<number>(fromDenoError(error, `chown() "${path}"`));
    }
  }
  try {
    Deno.chmodSync(path, mode);
  } catch (error) {
    return failure<number>(fromDenoError(error, `chmod() "${path}"`));
  }
  return check(libc.listen(fd, backlog), `listen() to unix:${path}`);
}

/**
 * What is at `path`. "free": nothing. "alive": a socket somebody listens on.
 * "stale": one nobody listens on any more, such as after SIGKILL. "foreign":
 * anything else, never to be removed.
 */
export function probeUnixPath(
  path: string,
): Result<"free" | "alive" | "stale" | "foreign"> {
  try {
    if (Deno.lstatSync(path).isSocket !== true) return success("foreign");
  } catch (error) {
    const reason = fromDenoError(error, `lstat() "${path}"`);
    return reason.code === "ENOENT" ? success("free") : failure(reason);
  }
  const shown = `unix:${path}`;
  const opened = openSocket(ABI.AF_UNIX, shown);
  if (!opened.ok) return opened;
  const fd = opened.value;
  const connected = withAddress(
    path,
    `connect() to ${shown}`,
    (address) =>
      check(
        libc.connect(fd, address, address.byteLength),
        `connect() to ${shown}`,
      ),
  );
  closeFd(fd);
  if (connected.ok) return success("alive");
  switch (connected.error.code) {
    case "ECONNREFUSED":
      return success("stale");
    case "ENOENT":
      return success("free");
    default:
      // A full queue (EAGAIN), another type of socket (EPROTOTYPE) or no
      // permission (EACCES): in doubt it is in use.
      return success("alive");
  }
}

/** Which socket is at `path`; undefined when there is none. */
export function unixIdentity(path: string): FileIdentity | undefined {
  try {
    const { dev, ino, isSocket } = Deno.lstatSync(path);
    if (isSocket !== true || ino === null) return undefined;
    return { dev, ino };
  } catch {
    return undefined;
  }
}

/** Remove the socket at `path` if it is still that one; whether it was. */
export function removeUnix(path: string, identity: FileIdentity): boolean {
  const found = unixIdentity(path);
  if (found?.dev !== identity.dev || found.ino !== identity.ino) return false;
  try {
    Deno.removeSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Call `use` with a sockaddr_un that means `path`, however long it is. */
export function withAddress(
  path: string,
  call: string,
  use: (address: Uint8Array<ArrayBuffer>) => Result<number>,
): Result<number> {
  if (hasNul(path)) return failure(namedError("EINVAL", call));
  const address = unixAddress(path);
  if (address !== undefined) return use(address);
  const cut = path.lastIndexOf("/");
  const opened = check(
    libc.open(
      cString(path.slice(0, cut + 1)),
      ABI.O_RDONLY | ABI.O_DIRECTORY | ABI.O_CLOEXEC,
      0,
    ),
    call,
  );
  if (!opened.ok) return opened;
  const short = unixAddress(`/proc/self/fd/${opened.value}${path.slice(cut)}`);
  const result = short === undefined
    ? failure<number>(namedError("ENAMETOOLONG", call))
    : use(short);
  closeFd(toFd(opened.value));
  return result;
}

/** A sockaddr_un; undefined when the path does not fit. */
function unixAddress(path: string): Uint8Array<ArrayBuffer> | undefined {
  const layout = LAYOUT.sockaddr_un;
  const bytes = cString(path);
  if (bytes.byteLength - 1 > layout.pathBytesMax) return undefined;
  const address = new Uint8Array(layout.path + bytes.byteLength);
  new DataView(address.buffer).setUint16(layout.family, ABI.AF_UNIX, true);
  address.set(bytes, layout.path);
  return address;
}
