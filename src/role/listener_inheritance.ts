/**
 * Listening sockets on their way from one master to the next: what the old one
 * says about a group, and what the new one makes of it. The sockets are the
 * same open files in both, so the kernel's order of a group is, too.
 *
 * nginx: src/core/ngx_connection.c, ngx_set_inherited_sockets.
 */

import type { Generation } from "../base/id.ts";
import { toFd, toGeneration, toOrdinal } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import type { ListenConfig } from "../config/config.ts";
import { setCloseOnExec } from "../os/fd.ts";
import { boundPort, checkListening } from "../os/socket.ts";
import { unixIdentity } from "../os/unix_socket.ts";
import type { HandedGroup, Inheritance } from "./inheritance.ts";
import type { Group } from "./listener_group.ts";
import { asGiven } from "./listener_group.ts";

/** Older than any generation of this master. */
const INHERITED = toGeneration(0);

/** A group as the new master will be told. */
export function handedGroup(group: Group): HandedGroup {
  const { accepting, bound, isGiven, listen, sockets } = group;
  const { target } = listen;
  return {
    address: listen.address,
    bound,
    ipv6Only: target.kind === "tcp" && target.ipv6Only,
    accepting: accepting ?? null,
    sockets: sockets.map(({ fd, ordinal }) => ({
      fd,
      ordinal: ordinal ?? null,
    })),
    isGiven,
  };
}

/**
 * The group that was handed over, for what the configuration says of it; by a
 * service manager alone, it is that generation's.
 */
export function inheritedGroup(
  handed: HandedGroup,
  listen: ListenConfig,
  generation?: Generation,
): Group {
  const { accepting, bound, isGiven = false, sockets } = handed;
  const [first] = sockets;
  const { target } = listen;
  const openedFor = generation ?? INHERITED;
  const group: Group = {
    // Not the same object: its options are set anew, they may have changed.
    listen: { ...listen },
    bound,
    port: first === undefined ? 0 : boundPort(toFd(first.fd)),
    openedFor,
    identity: target.kind === "unix" && !isGiven
      ? unixIdentity(target.path)
      : undefined,
    sockets: sockets.map(({ fd, ordinal }) => ({
      fd: toFd(fd),
      ordinal: ordinal === null ? undefined : toOrdinal(ordinal),
      openedFor,
      wanted: ordinal === null,
    })),
    accepting: accepting?.map(toOrdinal),
    isShared: generation === undefined,
    isGiven,
  };
  group.listen = asGiven(group, group.listen);
  return group;
}

/** What a group is that no configuration speaks of: just an address. */
export function unwantedListen(
  { address, ipv6Only }: HandedGroup,
): ListenConfig {
  const path = address.replace(/^unix:/, "");
  const target = path === address
    ? {
      kind: "tcp" as const,
      family: 4 as const,
      host: "",
      port: 0,
      ipv6Only,
      reuseport: true,
    }
    : { kind: "unix" as const, path, mode: 0, owner: undefined };
  return { address, backlog: 0, target };
}

/** Whether the socket's kind is still what the configuration wants. */
export function isSameKind(
  { ipv6Only, isGiven, sockets }: HandedGroup,
  { target }: ListenConfig,
): boolean {
  if (isGiven === true) return true;
  const isPerWorker = sockets.every(({ ordinal }) => ordinal !== null);
  return target.kind === "unix"
    ? !isPerWorker
    : target.reuseport === isPerWorker && target.ipv6Only === ipv6Only;
}

/**
 * Take the descriptors over: from here on no program we execute has them. What
 * is no listening socket is left alone and told, one error each.
 */
export function takeOver(
  { groups }: Inheritance,
): {
  readonly groups: readonly HandedGroup[];
  readonly refused: readonly { readonly fd: number; readonly text: string }[];
} {
  const refused: { fd: number; text: string }[] = [];
  const taken = groups.map((group) => ({
    ...group,
    sockets: group.sockets.filter(({ fd }) => {
      const checked = takeSocket(fd);
      if (!checked.ok) refused.push({ fd, text: checked.error.text });
      return checked.ok;
    }),
  }));
  return { groups: taken.filter(({ sockets }) => sockets.length > 0), refused };
}

function takeSocket(fd: number): Result<void> {
  const listening = checkListening(toFd(fd));
  if (!listening.ok) return listening;
  setCloseOnExec(toFd(fd), true);
  return success(undefined);
}
