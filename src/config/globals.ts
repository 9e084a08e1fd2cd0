/**
 * The argument of `-g`: directives out of the configuration file, either as a
 * JSON object or in nginx's way, `worker_processes 4; clear_env on;`. A value
 * there is JSON, or on or off, or else the text up to the semicolon.
 *
 * nginx: src/core/ngx_conf_file.c, ngx_conf_read_token. nginx's quoting with
 * single quotes and its blocks are not known: blocks are JSON objects.
 */

import type { Document, Draft } from "./document.ts";
import {
  duplicateAt,
  errorAt,
  newDraft,
  parseDocument,
  parseNode,
  pathKey,
  toValue,
} from "./document.ts";

/** What errors name instead of a file. */
export const GLOBALS_FILE = "-g";

/** Their values are text: `listen 8080` and `worker_cpu_affinity 01 10`. */
const TEXTUAL: ReadonlySet<string> = new Set([
  "access_log",
  "app",
  "error_log",
  "group",
  "listen",
  "pid",
  "static",
  "user",
  "worker_cpu_affinity",
  "working_directory",
]);

/** Parse the argument; total, like `parseDocument`. */
export function parseGlobals(text: string): Document {
  if (text.trimStart().startsWith("{")) {
    return parseDocument(GLOBALS_FILE, text);
  }
  const draft = newDraft(GLOBALS_FILE, text);
  let from = skipSpace(text, 0);
  while (from < text.length) {
    const end = findSemicolon(text, from);
    if (end === undefined) {
      const wrong = 'unexpected end of parameter, expecting ";"';
      draft.errors.push(errorAt(draft, text.length, { wrong }));
      break;
    }
    addDirective(draft, from, end);
    from = skipSpace(text, end + 1);
  }
  return draft;
}

function addDirective(draft: Draft, from: number, end: number): void {
  const statement = draft.text.slice(from, end);
  const name = /^[^\s"{[]*/.exec(statement)?.[0] ?? "";
  if (name === "") {
    const wrong = statement === ""
      ? 'unexpected ";"'
      : "the name of a directive expected";
    draft.errors.push(errorAt(draft, from, { wrong }));
    return;
  }
  if (draft.offsets.has(pathKey([name]))) {
    draft.duplicates.push(duplicateAt(draft, from, name));
    return;
  }
  draft.offsets.set(pathKey([name]), from);
  const base = skipSpace(draft.text, from + name.length);
  const content = draft.text.slice(base, end).trimEnd();
  if (content === "") {
    const wrong = `invalid number of arguments in "${name}" directive`;
    draft.errors.push(errorAt(draft, from, { wrong }));
    return;
  }
  Object.defineProperty(draft.value, name, {
    value: valueOf(draft, { name, content, base }),
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function valueOf(
  draft: Draft,
  { name, content, base }: {
    readonly name: string;
    readonly content: string;
    readonly base: number;
  },
): unknown {
  const isJson = /^["{[]/.test(content);
  if (!isJson) {
    if (TEXTUAL.has(name)) return content;
    if (content === "on" || content === "off") return content === "on";
    const scalar = parseScalar(content);
    return scalar === undefined ? content : scalar;
  }
  const node = parseNode(draft, content, base);
  if (node === undefined) return undefined;
  return toValue(draft, { node, path: [name], base });
}

/** A JSON number, boolean or null; undefined when it is none of these. */
function parseScalar(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** The semicolon that ends a statement: not one in a string or in braces. */
function findSemicolon(text: string, from: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let index = from; index < text.length; index++) {
    const char = text[index];
    if (quoted) {
      if (char === "\\") index++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (char === ";" && depth <= 0) return index;
  }
  return undefined;
}

function skipSpace(text: string, from: number): number {
  let index = from;
  while (index < text.length && /\s/.test(text[index] ?? "")) index++;
  return index;
}
