/**
 * The text of an address to a ListenConfig, normalised so that equal places
 * have equal text: that is how a reload recognises a socket it already has.
 *
 * Host names are refused but for "localhost": a lookup at start would make
 * the configuration depend on the network, and a name may have many addresses.
 * nginx: src/core/ngx_inet.c, ngx_parse_url.
 */

import type { Accounts } from "./account.ts";
import { resolveAccount } from "./account.ts";
import type { ListenConfig, UserConfig } from "./config.ts";
import { DEFAULTS } from "./default.ts";
import type { Path, Problem } from "./error.ts";
import { problemAt, quote } from "./error.ts";
import { resolvePath } from "./path.ts";
import type { ListenSettings } from "./schema.ts";
import { type ReadCertificate, resolveTls } from "./tls.ts";

/** What an address needs besides its text. */
export interface ListenContext {
  /** Unix socket paths resolve against it. */
  readonly prefix: string;
  readonly accounts: Accounts;
  readonly readCertificate: ReadCertificate;
  /** Where the entry stands, for errors. */
  readonly path: Path;
}

/** The listener, or everything that is wrong with it. */
export type Listen =
  | {
    readonly ok: true;
    readonly listen: ListenConfig;
    readonly warnings: readonly Problem[];
  }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** An address without its options, or what is wrong with it. */
export type Address =
  | {
    readonly ok: true;
    readonly kind: "tcp";
    readonly family: 4 | 6;
    readonly host: string;
    readonly port: number;
    readonly text: string;
  }
  | {
    readonly ok: true;
    readonly kind: "unix";
    readonly path: string;
    readonly text: string;
  }
  | { readonly ok: false; readonly wrong: string; readonly expected?: string };

const FORMS =
  '"address:port", "[IPv6 address]:port", "*:port", "port" or "unix:/path"';

/** sizeof(sun_path) without its NUL: man 7 unix. */
const UNIX_PATH_BYTES_MAX = 107;

/** One entry of `listen`, valid by its shape. */
export function parseListen(
  entry: string | ListenSettings,
  context: ListenContext,
): Listen {
  const options = typeof entry === "string" ? { address: entry } : entry;
  const at = (name: string): Path =>
    typeof entry === "string" ? context.path : [...context.path, name];
  const address = parseAddress(options.address, context.prefix);
  if (!address.ok) {
    const { wrong, expected } = address;
    // The object's own place is the address's: `listen`, not an option.
    const problem = problemAt(context.path, wrong, expected);
    return { ok: false, problems: [{ ...problem, path: at("address") }] };
  }
  const problems = misplacedOptions(options, address).map((name) =>
    problemAt(at(name), `is not supported on the address "${address.text}"`)
  );
  let owner: UserConfig | undefined;
  if (address.kind === "unix" && options.owner !== undefined) {
    const found = resolveAccount(options.owner, context.accounts);
    if (found.ok) owner = found.account;
    else {
      problems.push(
        ...found.refusals.map(({ wrong }) => problemAt(at("owner"), wrong)),
      );
    }
  }
  const tls = options.tls && resolveTls(options.tls, {
    prefix: context.prefix,
    path: at("tls"),
    read: context.readCertificate,
  });
  if (tls?.ok === false) problems.push(...tls.problems);
  if (options.proxy_protocol && options.tls) {
    const wrong = 'is not supported together with "tls" by this version';
    problems.push(problemAt(at("proxy_protocol"), wrong));
  }
  if (problems.length > 0) return { ok: false, problems };
  const listen = toListen(address, options, owner);
  const warnings = tls?.ok ? tls.warnings : [];
  const more = {
    ...tls?.ok && { tls: tls.tls },
    ...options.proxy_protocol && { proxyProtocol: true },
  };
  return { ok: true, listen: { ...listen, ...more }, warnings };
}

/** The text of an address; a relative Unix path resolves against `prefix`. */
export function parseAddress(text: string, prefix: string): Address {
  if (text.startsWith("unix:")) return parseUnix(text.slice(5), prefix);
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(text);
  if (match === null) {
    return { ok: false, wrong: `got ${quote(text)}`, expected: FORMS };
  }
  const [, host = "*", digits] = match;
  const port = Number(digits);
  if (port > 65_535) {
    const wrong = `got ${quote(text)}`;
    return { ok: false, wrong, expected: "a port from 0 to 65535" };
  }
  if (host.startsWith("[")) return parseIpv6(host, port, text);
  return parseIpv4(host, port, text);
}

function parseIpv4(name: string, port: number, text: string): Address {
  const host = name === "*"
    ? "0.0.0.0"
    : name === "localhost"
    ? "127.0.0.1"
    : name;
  if (!isIpv4(host)) {
    const named = /^[A-Za-z0-9_.-]*[A-Za-z_][A-Za-z0-9_.-]*$/.test(host);
    return {
      ok: false,
      wrong: `got ${quote(text)}`,
      expected: named ? `a numeric address, as in "127.0.0.1:${port}"` : FORMS,
    };
  }
  const normal = `${host}:${port}`;
  return { ok: true, kind: "tcp", family: 4, host, port, text: normal };
}

function parseIpv6(name: string, port: number, text: string): Address {
  const host = normalIpv6(name);
  if (host === undefined) {
    return { ok: false, wrong: `got ${quote(text)}`, expected: FORMS };
  }
  const normal = `[${host}]:${port}`;
  return { ok: true, kind: "tcp", family: 6, host, port, text: normal };
}

function parseUnix(path: string, prefix: string): Address {
  if (path === "") {
    return { ok: false, wrong: 'got "unix:"', expected: "a path after unix:" };
  }
  const absolute = resolvePath(prefix, path);
  const bytes = new TextEncoder().encode(absolute).length;
  if (bytes > UNIX_PATH_BYTES_MAX) {
    const expected = `a path of at most ${UNIX_PATH_BYTES_MAX} bytes`;
    return { ok: false, wrong: `"${absolute}" has ${bytes}`, expected };
  }
  return { ok: true, kind: "unix", path: absolute, text: `unix:${absolute}` };
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  // A leading zero would be octal to some readers: no number has one here.
  return parts.length === 4 &&
    parts.every((part) =>
      /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255
    );
}

/** "[0::1]" to "::1": the URL parser knows the canonical form (RFC 5952). */
function normalIpv6(bracketed: string): string | undefined {
  if (!/^\[[0-9A-Fa-f:.]+\]$/.test(bracketed)) return undefined;
  const url = URL.parse(`http://${bracketed}/`);
  return url === null ? undefined : url.hostname.slice(1, -1);
}

function misplacedOptions(
  options: ListenSettings,
  address: Extract<Address, { ok: true }>,
): readonly string[] {
  const names: (keyof ListenSettings)[] = address.kind === "unix"
    ? ["reuseport", "ipv6only"]
    : address.family === 4
    ? ["ipv6only", "mode", "owner"]
    : ["mode", "owner"];
  return names.filter((name) => options[name] !== undefined);
}

function toListen(
  address: Extract<Address, { ok: true }>,
  options: ListenSettings,
  owner: UserConfig | undefined,
): ListenConfig {
  const backlog = options.backlog ?? DEFAULTS.backlog;
  if (address.kind === "unix") {
    const { path, text } = address;
    const mode = Number.parseInt(options.mode ?? DEFAULTS.mode, 8);
    const target = { kind: "unix", path, mode, owner } as const;
    return { address: text, target, backlog };
  }
  const { family, host, port, text } = address;
  const reuseport = options.reuseport ?? true;
  const ipv6Only = family === 6 && (options.ipv6only ?? true);
  const target = { kind: "tcp", family, host, port, ipv6Only, reuseport };
  return { address: text, target: { ...target, kind: "tcp" }, backlog };
}
