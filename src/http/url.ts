/**
 * The absolute URL of a request, from its target and its Host header. What
 * `new URL` would leave as it is, as it is with nearly every request, is only
 * looked at; the rest is parsed and normalised. Pure.
 * Source: RFC 9112 section 3.2 (origin, absolute and asterisk form), 3.3.
 */

/**
 * A host that `new URL` would not change: a name whose last label is no
 * number, or an address of four; not a punycode name, which may be invalid.
 */
const NAME = "(?:[a-z\\d_-]+\\.)*[a-z][a-z\\d_-]*";
const OCTET = "(?:\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d)";
const ADDRESS = `${OCTET}(?:\\.${OCTET}){3}`;
/** Three digits or more: the default port would be left out. */
const PORT = "[1-9]\\d{2,3}|[1-5]\\d{4}";
const PLAIN_HOST = new RegExp(
  `^(?!.*xn--)(?:${NAME}|${ADDRESS})(?::(?:${PORT}))?$`,
);

/** A target that `new URL` would not change, but for its dot segments. */
const PLAIN_TARGET = /^\/[!$&-;=?-[\]_a-z~]*$/;
const DOT_SEGMENT = /\/\.{1,2}(?:[/?]|$)/;
/** What may stand in a Host header: a name or address, and a port. */
const VALID_HOST = /^(?:\[[0-9a-f:.]+\]|[^\s/?#@\\:[\]]+)(?::\d*)?$/i;

/** What a request line and its Host header say. */
export interface RequestTarget {
  /** As in the request line. */
  readonly target: string;
  /** undefined: HTTP/1.0 need not name one. */
  readonly host: string | undefined;
  /** Stands for a host that is not named. */
  readonly fallbackHost: string;
  readonly scheme: "http" | "https";
}

/** The request's URL; undefined when it cannot be one: 400 Bad Request. */
export function toUrl(request: RequestTarget): string | undefined {
  const { target, scheme } = request;
  const host = request.host || request.fallbackHost;
  if (
    isPlainHost(host) && PLAIN_TARGET.test(target) &&
    !DOT_SEGMENT.test(target)
  ) {
    return `${scheme}://${host}${target}`;
  }
  if (!VALID_HOST.test(host)) return undefined;
  if (target === "*") return parse(`${scheme}://${host}/*`);
  if (target.startsWith("/")) return parse(`${scheme}://${host}${target}`);
  // Absolute form, as sent to a proxy; its authority wins over Host.
  return /^https?:\/\//i.test(target) ? parse(target) : undefined;
}

/** The last host that was plain: nearly every request names the same. */
let plainHost = "";

function isPlainHost(host: string): boolean {
  if (host === plainHost) return true;
  if (!PLAIN_HOST.test(host)) return false;
  plainHost = host;
  return true;
}

/** A Request cannot be made of a URL with a name and a password in it. */
function parse(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") {
    return undefined;
  }
  return url.href;
}
