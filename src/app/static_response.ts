/**
 * The responses of a site: a file's content, in whole or in part, and the few
 * that are a line of text. What is to be sent was decided in static_answer.ts.
 */

import type { SystemError } from "../base/system_error.ts";
import { formatSystemError } from "../base/system_error.ts";
import { streamOfPieces } from "../http/file_body.ts";
import { respond } from "../http/prepared.ts";
import type { RequestInfo } from "./app.ts";
import type { Answer } from "./static_answer.ts";
import type { ServedFile } from "./static_files.ts";
import { encodePath, queryOf } from "./static_path.ts";

const ALLOWED = "GET, HEAD, OPTIONS";

const encoder = new TextEncoder();

/** What is said when there is no page to say it. */
const TEXTS: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  412: "Precondition Failed",
  416: "Range Not Satisfiable",
  500: "Internal Server Error",
};

/** One request on its way. */
export interface Visit {
  readonly request: Request;
  readonly info: Pick<RequestInfo, "log">;
  readonly isHead: boolean;
}

/** The content of an answer from a file that its caller closes. */
export function sendContent(
  file: ServedFile,
  { status, headers, length, content }: SentAnswer,
  visit: Visit,
): Response {
  const prepared = { status, headers, length };
  if (visit.isHead || content.kind === "nothing" || length === 0) {
    return respond({ ...prepared, body: null });
  }
  if (file.bytes !== undefined) {
    return respond({ ...prepared, body: bytesOf(content, file.bytes) });
  }
  const opened = file.open();
  if (!opened.ok) return fail(opened.error, visit);
  if (content.kind === "slice") {
    const body = { file: opened.value, ...content.slice };
    return respond({ ...prepared, body });
  }
  const { slices, frame } = content;
  const body = streamOfPieces(opened.value, [
    ...slices.flatMap((slice, index) => [
      frame.heads[index] ?? new Uint8Array(),
      slice,
    ]),
    frame.tail,
  ]);
  return respond({ ...prepared, body });
}

/** An answer, also with a status of its own: a page for 404. */
export type SentAnswer = Omit<Answer, "status"> & { readonly status: number };

function bytesOf(
  content: Exclude<Answer["content"], { readonly kind: "nothing" }>,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (content.kind === "slice") {
    const { offset, length } = content.slice;
    return length === bytes.length
      ? bytes
      : bytes.subarray(offset, offset + length);
  }
  const { frame, slices } = content;
  const all = new Uint8Array(frame.length);
  let at = 0;
  const put = (piece: Uint8Array): void => {
    all.set(piece, at);
    at += piece.length;
  };
  for (const [index, { offset, length }] of slices.entries()) {
    put(frame.heads[index] ?? new Uint8Array());
    put(bytes.subarray(offset, offset + length));
  }
  put(frame.tail);
  return all;
}

/** To the same path with a slash, on this host whatever the path is. */
export function redirect(path: string, visit: Visit): Response {
  const location = `${encodePath(path)}/${queryOf(visit.request.url)}`;
  return plain(301, visit, ["location", location]);
}

/** 405, or what is allowed instead. */
export function refuseMethod(method: string): Response {
  const headers = ["allow", ALLOWED];
  return method === "OPTIONS"
    ? respond({ status: 204, headers, length: undefined, body: null })
    : plain(405, { isHead: false }, headers);
}

/** 403 for what may not be opened, and a line that says why. */
export function refuse(error: SystemError, visit: Visit): Response {
  logError(error, visit);
  return plain(403, visit);
}

/** 500, and a line that says why. */
export function fail(error: SystemError, visit: Visit): Response {
  logError(error, visit);
  return plain(500, visit);
}

function logError(error: SystemError, { request, info }: Visit): void {
  const { method, url } = request;
  const said = formatSystemError(error);
  info.log.error(`${said}, request: "${method} ${url}"`);
}

/** A line of text for a status. */
export function plain(
  status: number,
  { isHead }: Pick<Visit, "isHead">,
  headers: readonly string[] = [],
): Response {
  const bytes = encoder.encode(`${TEXTS[status]}\n`);
  return respond({
    status,
    headers: ["content-type", "text/plain; charset=utf-8", ...headers],
    length: bytes.length,
    body: isHead ? null : bytes,
  });
}
