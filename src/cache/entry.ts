/**
 * An entry as bytes: 32 bytes of fixed meaning, the head as JSON, the body.
 *
 *     offset  bytes
 *          0      4  "PMCE"
 *          4      2  version, 1
 *          6      2  0
 *          8      4  bytes of the head
 *         12      4  CRC-32 of the body
 *         16      8  bytes of the body
 *         24      4  0
 *         28      4  CRC-32 of all before it and of the head
 *         32         the head, then the body, then nothing
 *
 * Numbers are little-endian. So a file is known to be an entry, whole and
 * unchanged, without its name, and how long it is, without its body.
 *
 * nginx: src/http/ngx_http_cache.h, ngx_http_file_cache_header_t, which has
 * no checksum of the body. CRC-32: RFC 1952 section 8.
 */

import { crc32 } from "node:zlib";

/** A value of JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A name and a value. */
export type Pair = readonly [name: string, value: string];

/** What is known of an entry besides its body. */
export interface EntryHead {
  /** What it is looked up by. */
  readonly key: string;
  /** When it was stored or validated; milliseconds since 1970. */
  readonly storedAtMs: number;
  /** Until when it is fresh; undefined: whoever reads it decides. */
  readonly freshUntilMs?: number;
  readonly status: number;
  readonly statusText?: string;
  /** In order, validators included. */
  readonly headers: readonly Pair[];
  /** The request's headers it was chosen by; "": there was none. */
  readonly vary?: readonly Pair[];
  /** It can be removed by these. */
  readonly tags?: readonly string[];
  /** What else its owner wants to know of it. */
  readonly extra?: Json;
}

/** The fixed part. */
export const PREFIX_BYTES = 32;

/** A longer head is none of ours. */
export const HEAD_BYTES_MAX = 1024 * 1024;

const MAGIC = [0x50, 0x4d, 0x43, 0x45] as const;
const VERSION = 1;

/** Where the last checksum is, which covers what is before it. */
const SUM_AT = 28;

/** How long the body is, and what its checksum is. */
export interface BodySum {
  readonly bodyBytes: number;
  readonly bodySum: number;
}

/** An entry's head, and where in its file what is. */
export interface DecodedHead extends BodySum {
  readonly head: EntryHead;
  /** Where the body begins. */
  readonly bodyAt: number;
}

/** What bytes are, or why they are no entry. */
export type Decoded =
  | { readonly kind: "entry"; readonly entry: DecodedHead }
  /** So many bytes of the file's beginning have to be there. */
  | { readonly kind: "short"; readonly bytes: number }
  | { readonly kind: "broken"; readonly reason: string };

/** The head in bytes; undefined: it is too long. */
export function encodeHead(
  head: EntryHead,
): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new TextEncoder().encode(JSON.stringify(head));
  return bytes.length > HEAD_BYTES_MAX ? undefined : bytes;
}

/** The fixed part of an entry with that head and such a body. */
export function encodePrefix(
  head: Uint8Array,
  { bodyBytes, bodySum }: BodySum,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PREFIX_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(4, VERSION, true);
  view.setUint32(8, head.length, true);
  view.setUint32(12, bodySum, true);
  view.setBigUint64(16, BigInt(bodyBytes), true);
  view.setUint32(SUM_AT, crc32(head, crc32(bytes.subarray(0, SUM_AT))), true);
  return bytes;
}

/** The checksum of bytes after those with the checksum `before`. */
export function addToSum(bytes: Uint8Array, before = 0): number {
  return crc32(bytes, before);
}

/** Whether bytes begin as every entry does, of whatever version. */
export function isMarked(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

/** What a file is that begins with `bytes` and has `fileBytes`. */
export function decodeEntry(bytes: Uint8Array, fileBytes: number): Decoded {
  if (fileBytes < PREFIX_BYTES) return broken("it is too short");
  if (bytes.length < PREFIX_BYTES) return { kind: "short", bytes: 4096 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  if (!isMarked(bytes)) return broken("it does not begin as an entry");
  const version = view.getUint16(4, true);
  if (version !== VERSION) return broken(`its version is ${version}`);
  const headBytes = view.getUint32(8, true);
  const bodyAt = PREFIX_BYTES + headBytes;
  const bodyBytes = Number(view.getBigUint64(16, true));
  if (headBytes > HEAD_BYTES_MAX || bodyAt + bodyBytes !== fileBytes) {
    return broken("its length is wrong");
  }
  if (bytes.length < bodyAt) return { kind: "short", bytes: bodyAt };
  const head = bytes.subarray(PREFIX_BYTES, bodyAt);
  const sum = crc32(head, crc32(bytes.subarray(0, SUM_AT)));
  if (sum !== view.getUint32(SUM_AT, true)) {
    return broken("its head's checksum is wrong");
  }
  const parsed = parseHead(head);
  if (parsed === undefined) return broken("its head is none");
  const bodySum = view.getUint32(12, true);
  const entry = { head: parsed, bodyAt, bodyBytes, bodySum };
  return { kind: "entry", entry };
}

function broken(reason: string): Decoded {
  return { kind: "broken", reason };
}

function parseHead(bytes: Uint8Array): EntryHead | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return isHead(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHead(value: unknown): value is EntryHead {
  if (typeof value !== "object" || value === null) return false;
  const head: { readonly [Name in keyof EntryHead]?: unknown } = value;
  return typeof head.key === "string" && isFinite(head.storedAtMs) &&
    Number.isInteger(head.status) && isListOf(head.headers, isPair) &&
    isOptional(head.freshUntilMs, isFinite) &&
    isOptional(head.statusText, isString) &&
    isOptional(head.vary, (vary) => isListOf(vary, isPair)) &&
    isOptional(head.tags, (tags) => isListOf(tags, isString));
}

function isOptional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

function isListOf(value: unknown, is: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isString);
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isFinite(value: unknown): boolean {
  return Number.isFinite(value);
}
