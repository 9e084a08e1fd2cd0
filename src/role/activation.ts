/**
 * Socket activation: listening sockets that a service manager made and hands
 * over by LISTEN_FDS are used in place of opening the listeners of the same
 * address; the others are told and closed. The manager keeps them, and the
 * files of Unix sockets are its own: none is removed here.
 *
 * Where the workers have a socket each, the given one is the first worker's
 * and the others join it. The kernel lets them only if we are the user that
 * made it; else the workers share it. Source: man 3 sd_listen_fds.
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import { formatSystemError } from "../base/system_error.ts";
import type { Config, ListenConfig } from "../config/config.ts";
import { closeFd, moveUp, setNonblocking } from "../os/fd.ts";
import {
  checkListening,
  isBoundTo,
  LISTENER_FD_MIN,
  openToJoiners,
  shownAddress,
} from "../os/socket.ts";
import type { HandedGroup } from "./inheritance.ts";

/** What was given, and what is to be said about it. */
export interface Given {
  readonly groups: readonly HandedGroup[];
  readonly lines: readonly (readonly ["notice" | "warn", string])[];
}

/** SD_LISTEN_FDS_START */
const FIRST_FD = 3;
/** More than any unit has; what is beyond is not ours to touch. */
const FDS_MAX = 1024;

const NAMES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"];

/** Take what was given over, once; the variables are not for workers. */
export function takeGiven(config: Config): Given {
  const env = Object.fromEntries(
    NAMES.map((name) => [name, Deno.env.get(name)]),
  );
  for (const name of NAMES) Deno.env.delete(name);
  const listens = config.pools.flatMap(({ listen }) => listen);
  const groups: HandedGroup[] = [];
  const lines: Given["lines"][number][] = [];
  for (const { fd, name } of givenFds(env, Deno.pid)) {
    const taken = takeSocket({ fd: toFd(fd), name }, listens, groups);
    lines.push(...taken.lines);
    if (taken.group !== undefined) groups.push(taken.group);
  }
  return { groups, lines };
}

/** The descriptors that the variables give to the process `pid`. */
export function givenFds(
  env: Readonly<{ [name: string]: string | undefined }>,
  pid: number,
): readonly { readonly fd: number; readonly name: string }[] {
  const count = env["LISTEN_FDS"] ?? "";
  if (env["LISTEN_PID"] !== String(pid)) return [];
  if (!/^[1-9][0-9]{0,3}$/.test(count) || Number(count) > FDS_MAX) return [];
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  return Array.from({ length: Number(count) }, (_, at) => ({
    fd: FIRST_FD + at,
    name: names[at] ?? "",
  }));
}

function takeSocket(
  { fd, name }: { readonly fd: Fd; readonly name: string },
  listens: readonly ListenConfig[],
  groups: readonly HandedGroup[],
): {
  readonly lines: Given["lines"];
  readonly group?: HandedGroup;
} {
  const called = name === "" ? "" : ` "${name}"`;
  const shown = `socket ${fd}${called} in LISTEN_FDS`;
  const warn = (why: string) => ({ lines: [["warn", why] as const] });
  const listening = checkListening(fd);
  if (!listening.ok) {
    // What is no socket at all may be a file of the runtime's.
    if (listening.error.code === "EINVAL") closeFd(fd);
    return warn(`${shown} does not listen, ignoring it`);
  }
  const bound = shownAddress(fd);
  const listen = listens.find((one) => isFor(fd, bound, one));
  if (listen === undefined) {
    closeFd(fd);
    return warn(
      `${shown} is bound to ${bound}, which no "listen" names: closing it`,
    );
  }
  if (groups.some(({ address }) => address === listen.address)) {
    closeFd(fd);
    return warn(`${shown} is the second one for ${bound}: closing it`);
  }
  const moved = moveUp(fd, LISTENER_FD_MIN);
  if (!moved.ok) return warn(`${shown}: ${formatSystemError(moved.error)}`);
  setNonblocking(moved.value);
  return adopt(moved.value, listen, `using ${shown} for ${bound}`);
}

function isFor(fd: Fd, bound: string, { target }: ListenConfig): boolean {
  return target.kind === "unix"
    ? bound === `unix:${target.path}`
    : isBoundTo(fd, target);
}

function adopt(
  fd: Fd,
  { address, backlog, target }: ListenConfig,
  said: string,
): { readonly lines: Given["lines"]; readonly group: HandedGroup } {
  const lines: Given["lines"][number][] = [["notice", said]];
  let ordinal: number | null = null;
  if (target.kind === "tcp" && target.reuseport) {
    const joined = openToJoiners(fd, { ...target, backlog, reuseport: "join" });
    if (joined.ok) ordinal = 0;
    else {
      const why = formatSystemError(joined.error);
      lines.push(["notice", `the workers share it: ${why}`]);
    }
  }
  return {
    lines,
    group: {
      address,
      bound: address,
      ipv6Only: target.kind === "tcp" && target.ipv6Only,
      accepting: null,
      sockets: [{ fd, ordinal }],
      isGiven: true,
    },
  };
}
