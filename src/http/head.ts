/**
 * What the server itself must know of a request's head, in one look at the raw
 * header lines: the runtime's `headers` object costs more than all the rest of
 * reading a small request.
 *
 * Names are compared whatever their case; of a repeated Host the first counts,
 * as in node's `headers`. Source: RFC 9110 section 5.1.
 */

/** The host it names, and whether a body follows. */
export interface RequestHead {
  readonly host: string | undefined;
  readonly hasBody: boolean;
}

/** Look at header lines, names and values in turn. */
export function readHead(rawHeaders: readonly string[]): RequestHead {
  let host: string | undefined;
  let hasBody = false;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    // The length tells most names apart without making a copy of them.
    if (name.length === 4) {
      if (host === undefined && name.toLowerCase() === "host") {
        host = rawHeaders[index + 1];
      }
    } else if (name.length === 14 || name.length === 17) {
      hasBody ||= isBodyHeader(name.toLowerCase());
    }
  }
  return { host, hasBody };
}

function isBodyHeader(name: string): boolean {
  return name === "content-length" || name === "transfer-encoding";
}
