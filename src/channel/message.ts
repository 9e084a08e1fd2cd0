/**
 * What goes over the channel between the master and a child: one union per
 * direction, each checked on receipt. Garbage is a value (`broken`), never a
 * throw: nothing from a worker is trusted by the master.
 */

import type { Generation, Ordinal, SlotIndex } from "../base/id.ts";
import type { ChildRole, HelperRole } from "../base/role.ts";
import type {
  ProcessConfig,
  TlsConfig,
  WorkerConfig,
  ZoneConfig,
} from "../config/config.ts";

/** A listening socket the child inherited at the same number. */
export interface InheritedListener {
  readonly fd: number;
  /** As configured: "127.0.0.1:8080", "[::]:80", "unix:/run/x.sock". */
  readonly address: string;
  /** As bound, for a port the kernel chose. */
  readonly bound: string;
  /** Each connection begins with a PROXY protocol header. */
  readonly proxyProtocol?: boolean;
  /** What the worker speaks on it; without it: plain HTTP. */
  readonly tls?: TlsConfig;
}

/** The first message: everything a worker needs to know, once. */
export interface Init {
  readonly kind: "init";
  readonly role: "worker";
  readonly pool: string;
  readonly slot: SlotIndex;
  readonly generation: Generation;
  readonly ordinal: Ordinal;
  readonly config: WorkerConfig;
  readonly listeners: readonly InheritedListener[];
  /** The zones of the cache; undefined: there is none. */
  readonly zones?: readonly ZoneConfig[];
  /** stderr is the error log: the master is a daemon. */
  readonly logsStderr?: boolean;
  /** The socket that mailboxes are handed over by, inherited as well. */
  readonly handoff: number;
}

/** Another child, as its siblings know it. */
export interface Sibling {
  readonly slot: number;
  readonly pid: number;
  readonly role: ChildRole;
}

/** What the master says on the handoff socket; taken at its word. */
export type Handoff =
  /** A mailbox of that sibling comes with this message. */
  | ({ readonly kind: "open" } & Sibling)
  /** That sibling is gone. */
  | { readonly kind: "close"; readonly pid: number }
  /** Every sibling of the pool that asked before has been handed over. */
  | { readonly kind: "complete" };

/** The first message to a cache helper. */
export interface HelperInit {
  readonly kind: "init";
  readonly role: HelperRole;
  readonly slot: SlotIndex;
  readonly generation: Generation;
  readonly config: ProcessConfig;
  readonly zones: readonly ZoneConfig[];
  /** stderr is the error log: the master is a daemon. */
  readonly logsStderr?: boolean;
  readonly handoff: number;
}

/** What a child is told after its first message. */
export type Order =
  /** Drain; `lingerMs` of accepting first, 0 as a rule. */
  | { readonly kind: "quit"; readonly lingerMs: number }
  | { readonly kind: "terminate" }
  | { readonly kind: "reopen" }
  /** Something is to be read on the handoff socket. */
  | { readonly kind: "handoff" };

/** Master to child. */
export type ToChild = Init | HelperInit | Order;

/** Child to master. */
export type FromChild =
  /** It serves. */
  | { readonly kind: "ready" }
  /** It drains, told to or by a signal of its own. */
  | { readonly kind: "draining" }
  | { readonly kind: "reopened" }
  /** It wants the mailboxes of the other workers of its pool. */
  | { readonly kind: "mesh" }
  /** It closed connections that were in use. */
  | { readonly kind: "cut"; readonly connections: number }
  /** A cache loader's: it has gone through the zone of that name. */
  | { readonly kind: "loaded"; readonly zone: string }
  /** It never will serve; one line says why. */
  | { readonly kind: "failed"; readonly reason: string };

/** The longest reason the master keeps, in UTF-16 units. */
export const REASON_LENGTH_MAX = 1024;

/** A received value, checked. */
export type Received<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly reason: string };

const FROM_CHILD_KINDS: readonly string[] = [
  "ready",
  "draining",
  "reopened",
  "mesh",
];
const TO_CHILD_KINDS: readonly string[] = [
  "init",
  "quit",
  "terminate",
  "reopen",
  "handoff",
];

/** Check what a child sent. */
export function checkFromChild(value: unknown): Received<FromChild> {
  const kind = kindOf(value);
  if (kind === "failed") return checkFailed(value as { reason?: unknown });
  if (kind === "cut") return checkCut(value as { connections?: unknown });
  if (kind === "loaded") return checkLoaded(value as { zone?: unknown });
  if (kind === undefined || !FROM_CHILD_KINDS.includes(kind)) {
    return { ok: false, reason: describe(value) };
  }
  return { ok: true, message: { kind } as FromChild };
}

function checkFailed(
  value: { readonly reason?: unknown },
): Received<FromChild> {
  const { reason } = value;
  if (typeof reason !== "string") return { ok: false, reason: describe(value) };
  const cut = reason.slice(0, REASON_LENGTH_MAX).toWellFormed();
  return { ok: true, message: { kind: "failed", reason: cut } };
}

function checkCut(
  value: { readonly connections?: unknown },
): Received<FromChild> {
  const { connections } = value;
  if (!isCount(connections)) return { ok: false, reason: describe(value) };
  return { ok: true, message: { kind: "cut", connections } };
}

/** More connections than that no process has. */
const CONNECTIONS_MAX = 2 ** 31;

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 &&
    Number(value) < CONNECTIONS_MAX;
}

function checkLoaded(
  value: { readonly zone?: unknown },
): Received<FromChild> {
  const { zone } = value;
  if (typeof zone !== "string") return { ok: false, reason: describe(value) };
  return { ok: true, message: { kind: "loaded", zone } };
}

/** Check what the master sent; its `init` is taken at its word. */
export function checkToChild(value: unknown): Received<ToChild> {
  const kind = kindOf(value);
  if (kind === undefined || !TO_CHILD_KINDS.includes(kind)) {
    return { ok: false, reason: describe(value) };
  }
  return { ok: true, message: value as ToChild };
}

function kindOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const kind = (value as { readonly kind?: unknown }).kind;
  return typeof kind === "string" ? kind : undefined;
}

/** At most 64 characters of what came, for the log. */
function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 64 ? `${text.slice(0, 61)}...` : text;
}
