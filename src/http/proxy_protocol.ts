/**
 * The header that a proxy sends before anything else to say whom it connects
 * for: version 1 is a line, version 2 is binary. Bytes in, a decision out:
 * more is needed, it is broken, or it is there and so long. Pure.
 *
 * A header that says "the proxy itself" (LOCAL, UNKNOWN, UNSPEC: health
 * checks) leaves the peer as it is. Of the TLVs only "the client came by TLS"
 * is read; the checksum is not checked, since TCP has one.
 * Source: HAProxy's doc/proxy-protocol.txt; nginx's
 * src/core/ngx_proxy_protocol.c for the limit of 4096 bytes.
 */

import { formatIp, parseIp } from "../base/ip.ts";

/** Whom the proxy connects for. */
export type ProxiedSource =
  | {
    readonly kind: "tcp";
    readonly hostname: string;
    readonly port: number;
  }
  | { readonly kind: "unix"; readonly path: string };

/** What the bytes so far say. */
export type ProxyHeader =
  | { readonly kind: "needMore" }
  | { readonly kind: "broken" }
  | {
    readonly kind: "done";
    /** The length of the header; what follows is not its business. */
    readonly bytes: number;
    /** undefined: the peer itself. */
    readonly source: ProxiedSource | undefined;
    /** The client's connection to the proxy was encrypted. */
    readonly isTls: boolean;
  };

const NEED_MORE = { kind: "needMore" } as const;
const BROKEN = { kind: "broken" } as const;

/** With its line end: the worst case of version 1. */
const LINE_BYTES_MAX = 107;
/** nginx's; version 2 alone would allow 16 + 65535. */
const HEADER_BYTES_MAX = 4096;

const LINE_START = bytesOf("PROXY ");
const SIGNATURE = bytesOf("\r\n\r\n\0\r\nQUIT\n");
/** Signature, command, family, length. */
const FIXED_BYTES = 16;

const COMMAND = { LOCAL: 0x20, PROXY: 0x21 } as const;
const FAMILY = { UNSPEC: 0, INET: 1, INET6: 2, UNIX: 3 } as const;
/** The lowest half of the family byte; no transport goes with UNSPEC. */
const TRANSPORT_MAX = 2;
const UNIX_PATH_BYTES = 108;

const TLV_SSL = 0x20;
const CLIENT_SSL = 0x01;

/** Parse what a connection has sent so far. */
export function parseProxyHeader(buffer: Uint8Array): ProxyHeader {
  if (isStartOf(buffer, LINE_START)) return parseLine(buffer);
  if (isStartOf(buffer, SIGNATURE)) return parseBinary(buffer);
  return BROKEN;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** As far as there is something. */
function isStartOf(buffer: Uint8Array, start: Uint8Array): boolean {
  const count = Math.min(buffer.length, start.length);
  for (let index = 0; index < count; index++) {
    if (buffer[index] !== start[index]) return false;
  }
  return true;
}

function parseLine(buffer: Uint8Array): ProxyHeader {
  const line = buffer.subarray(0, LINE_BYTES_MAX);
  const end = line.indexOf(10);
  if (end === -1) {
    return line.length < LINE_BYTES_MAX ? NEED_MORE : BROKEN;
  }
  const text = String.fromCharCode(...line.subarray(0, end + 1));
  // What stands behind UNKNOWN is to be ignored, whatever it is.
  if (/^PROXY UNKNOWN(?: [^\r\n]*)?\r\n$/.test(text)) {
    return { kind: "done", bytes: end + 1, source: undefined, isTls: false };
  }
  const parts = /^PROXY TCP([46]) (\S+) (\S+) (\d+) (\d+)\r\n$/.exec(text);
  if (parts === null) return BROKEN;
  const [, family, from = "", to = "", fromPort = "", toPort = ""] = parts;
  const isFamily = (address: string): boolean =>
    parseIp(address) !== undefined &&
    address.includes(":") === (family === "6");
  if (!isFamily(from) || !isFamily(to)) return BROKEN;
  if (!isPort(fromPort) || !isPort(toPort)) return BROKEN;
  const hostname = formatIp(parseIp(from) ?? new Uint8Array(4));
  const source = { kind: "tcp", hostname, port: Number(fromPort) } as const;
  return { kind: "done", bytes: end + 1, source, isTls: false };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function parseBinary(buffer: Uint8Array): ProxyHeader {
  const command = buffer[12];
  const isKnown = command === undefined || command === COMMAND.LOCAL ||
    command === COMMAND.PROXY;
  if (!isKnown) return BROKEN;
  if (buffer.length < FIXED_BYTES) return NEED_MORE;
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  const bytes = FIXED_BYTES + view.getUint16(14);
  if (bytes > HEADER_BYTES_MAX) return BROKEN;
  const family = view.getUint8(13) >> 4;
  const transport = view.getUint8(13) & 15;
  if (family > FAMILY.UNIX || transport > TRANSPORT_MAX) return BROKEN;
  if (buffer.length < bytes) return NEED_MORE;
  const isPeer = command === COMMAND.LOCAL || family === FAMILY.UNSPEC ||
    transport === 0;
  const rest = buffer.subarray(FIXED_BYTES, bytes);
  if (isPeer) return { kind: "done", bytes, source: undefined, isTls: false };
  return parseAddresses(rest, family, bytes);
}

/** Source and destination address, their ports, then TLVs. */
function parseAddresses(
  block: Uint8Array,
  family: number,
  bytes: number,
): ProxyHeader {
  const length = family === FAMILY.INET
    ? 12
    : family === FAMILY.INET6
    ? 36
    : 2 * UNIX_PATH_BYTES;
  if (block.length < length) return BROKEN;
  const tlvs = readTlvs(block.subarray(length));
  if (tlvs === undefined) return BROKEN;
  const source = family === FAMILY.UNIX
    ? unixSource(block)
    : tcpSource(block, family === FAMILY.INET ? 4 : 16);
  return { kind: "done", bytes, source, isTls: tlvs.isTls };
}

function tcpSource(block: Uint8Array, ipBytes: 4 | 16): ProxiedSource {
  const hostname = formatIp(block.subarray(0, ipBytes));
  const high = block[2 * ipBytes] ?? 0;
  const low = block[2 * ipBytes + 1] ?? 0;
  return { kind: "tcp", hostname, port: high << 8 | low };
}

/** NUL ends a path; an abstract name begins with one. */
function unixSource(block: Uint8Array): ProxiedSource {
  const bytes = block.subarray(0, UNIX_PATH_BYTES);
  const end = bytes.indexOf(0);
  const used = end === -1 ? bytes : bytes.subarray(0, end);
  const path = new TextDecoder().decode(used);
  return { kind: "unix", path };
}

/** Type, length in two bytes, value; undefined when they do not add up. */
function readTlvs(
  block: Uint8Array,
): { readonly isTls: boolean } | undefined {
  let isTls = false;
  let at = 0;
  while (at < block.length) {
    if (at + 3 > block.length) return undefined;
    const length = (block[at + 1] ?? 0) << 8 | (block[at + 2] ?? 0);
    const end = at + 3 + length;
    if (end > block.length) return undefined;
    if (block[at] === TLV_SSL && length > 0) {
      isTls = ((block[at + 3] ?? 0) & CLIENT_SSL) !== 0;
    }
    at = end;
  }
  return { isTls };
}
