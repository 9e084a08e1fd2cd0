/**
 * What a master hands to the new master that replaces it, as the text of one
 * environment variable: the listening sockets by number, as nginx's NGINX
 * variable, with the address and the worker of each; and the locked pid file.
 *
 * Pure. Anybody may have set the variable: what is not understood is a value.
 * nginx: src/core/nginx.c, ngx_exec_new_binary and ngx_add_inherited_sockets.
 */

/** The variable; it is not passed on to workers. */
export const INHERITANCE_NAME = "PROCMGR_INHERITANCE";

/** One listening socket. */
export interface HandedSocket {
  readonly fd: number;
  /** Whose it is; null: everybody's. */
  readonly ordinal: number | null;
}

/** The sockets of one address, in the kernel's order. */
export interface HandedGroup {
  /** As configured: "127.0.0.1:0", "unix:/run/x.sock". */
  readonly address: string;
  /** As bound. */
  readonly bound: string;
  readonly ipv6Only: boolean;
  /** Whose sockets get new connections; null: everybody's. */
  readonly accepting: readonly number[] | null;
  readonly sockets: readonly HandedSocket[];
  /** A service manager made them, and keeps them: see activation.ts. */
  readonly isGiven?: boolean;
}

/** A file whose lock comes along with its descriptor. */
export interface HandedFile {
  readonly path: string;
  readonly fd: number;
}

/** Everything. */
export interface Inheritance {
  /** The pid of the master it comes from. */
  readonly master: number;
  readonly pidFile: HandedFile | null;
  readonly groups: readonly HandedGroup[];
}

/** A text that was understood, or what is wrong with it. */
export type ParsedInheritance =
  | { readonly ok: true; readonly value: Inheritance }
  | { readonly ok: false; readonly reason: string };

/** The variable's value. */
export function encodeInheritance(inheritance: Inheritance): string {
  return JSON.stringify(inheritance);
}

/** The value back; whether the numbers are sockets is not known here. */
export function parseInheritance(text: string): ParsedInheritance {
  const value = parseJson(text);
  if (!isRecord(value)) return wrong("not a JSON object");
  const { master, pidFile, groups } = value;
  if (!isNumber(master)) return wrong(`"master" is not a pid`);
  if (pidFile !== null && !isFile(pidFile)) {
    return wrong(`"pidFile" is not a file`);
  }
  if (!Array.isArray(groups) || !groups.every(isGroup)) {
    return wrong(`"groups" are not groups of sockets`);
  }
  return { ok: true, value: { master, pidFile, groups } };
}

/** "64;65;66;", as nginx lists inherited sockets. */
export function formatSockets({ groups }: Inheritance): string {
  return groups.flatMap(({ sockets }) => sockets)
    .map(({ fd }) => `${fd};`).join("");
}

function wrong(reason: string): ParsedInheritance {
  return { ok: false, reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isGroup(value: unknown): value is HandedGroup {
  if (!isRecord(value)) return false;
  const { address, bound, ipv6Only, accepting, sockets, isGiven } = value;
  return (isGiven === undefined || typeof isGiven === "boolean") &&
    typeof address === "string" && typeof bound === "string" &&
    typeof ipv6Only === "boolean" &&
    (accepting === null ||
      (Array.isArray(accepting) && accepting.every(isNumber))) &&
    Array.isArray(sockets) && sockets.every(isSocket);
}

function isSocket(value: unknown): value is HandedSocket {
  return isRecord(value) && isNumber(value["fd"]) &&
    (value["ordinal"] === null || isNumber(value["ordinal"]));
}

function isFile(value: unknown): value is HandedFile {
  return isRecord(value) && typeof value["path"] === "string" &&
    isNumber(value["fd"]);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isRecord(
  value: unknown,
): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
