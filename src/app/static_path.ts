/**
 * A request's URL to the name of a file below the root, and back to a path
 * that a client may be sent to. Pure: nothing is looked up.
 *
 * The path is decoded once, then its empty and dot segments are taken out, as
 * nginx does, so what comes out has none: joined to the root it cannot lead
 * out of it by its text. Where symbolic links lead is os/open_file.ts's.
 * Source: nginx src/http/ngx_http_parse.c, ngx_http_parse_complex_uri;
 * RFC 3986 sections 3.3 and 5.2.4.
 */

/** Where a request leads. */
export type Mapped =
  | {
    readonly ok: true;
    /** Below the root, decoded: "/a/b.html"; the root itself is "". */
    readonly path: string;
    /** The URL ends in a slash: only a folder will do. */
    readonly isFolder: boolean;
  }
  /** 400: no path at all. 404: a path that is never served. */
  | { readonly ok: false; readonly status: 400 | 404 };

/** A path that means what it says: no escape, no dot at a segment's start. */
const PLAIN = /^(?:\/[\w~!$'()*,;=:@-][\w~!$'()*,;=:@.-]*)*\/?$/;

const BAD_REQUEST: Mapped = { ok: false, status: 400 };
const NOT_FOUND: Mapped = { ok: false, status: 404 };

/** The one folder with a dot that is meant for clients. RFC 8615 */
const WELL_KNOWN = ".well-known";

/** Map the path of an absolute URL. */
export function mapPath(
  url: string,
  { hiddenFiles }: { readonly hiddenFiles: boolean },
): Mapped {
  const encoded = pathOf(url);
  if (PLAIN.test(encoded)) return toMapped(encoded, encoded.endsWith("/"));
  const decoded = decode(encoded);
  if (typeof decoded !== "string") return decoded;
  const segments: string[] = [];
  for (const segment of decoded.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) return BAD_REQUEST;
  }
  if (!hiddenFiles && segments.some(isHidden)) return NOT_FOUND;
  const path = segments.map((segment) => `/${segment}`).join("");
  return toMapped(path, /(?:^|\/)\.{0,2}$/.test(decoded));
}

function toMapped(path: string, isFolder: boolean): Mapped {
  const name = path.endsWith("/") ? path.slice(0, -1) : path;
  return { ok: true, path: name, isFolder };
}

/** Between the authority and the query; no URL is made for it. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const rest = start === -1 ? "/" : url.slice(start);
  const end = rest.search(/[?#]/);
  return end === -1 ? rest : rest.slice(0, end);
}

/** The query of a URL, with its question mark; "" without one. */
export function queryOf(url: string): string {
  const start = url.indexOf("?");
  const end = url.indexOf("#");
  if (start === -1 || (end !== -1 && end < start)) return "";
  return url.slice(start, end === -1 ? undefined : end);
}

function decode(encoded: string): string | Mapped {
  // A broken escape is no path; one of bytes that are no text names no file
  // that could be opened by a name.
  if (/%(?![\da-f]{2})/i.test(encoded)) return BAD_REQUEST;
  try {
    const decoded = decodeURIComponent(encoded);
    return decoded.includes("\0") ? BAD_REQUEST : decoded;
  } catch {
    return NOT_FOUND;
  }
}

/** Whether a segment is not for clients: ".git", ".env", ".htpasswd". */
export function isHidden(segment: string, index: number): boolean {
  return segment.startsWith(".") && !(index === 0 && segment === WELL_KNOWN);
}

/** A mapped path as a client must write it; begins with one slash. */
export function encodePath(path: string): string {
  const encoded = path.split("/").map((segment) =>
    encodeURIComponent(segment.toWellFormed())
  );
  return encoded.join("/") || "/";
}
