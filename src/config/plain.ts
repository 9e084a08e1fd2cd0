/**
 * The short way for a text with nothing wrong in it: JSON with comments, read
 * by the runtime's own parser. It knows no places and says no errors; what is
 * not plain, or has a name twice, is not its business and goes the long way
 * (document.ts), whose parser costs a start 11 ms more.
 *
 * The law: where this gives a value, document.ts gives the same
 * (tests/property/config_test.ts). Source: RFC 8259; JSONC's comments.
 */

import type { Raw } from "./document.ts";

/** A string, or a comment; a string may look as if it held a comment. */
const STRING_OR_COMMENT = /"(?:[^"\\]|\\.)*"|\/\/[^\n\r]*|\/\*[\s\S]*?\*\//g;

/** A string, and whether it is a name. */
const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** Longer texts go the long way, which refuses them. */
const TEXT_LENGTH_MAX = 64 * 1024;

/** The object a plain text stands for; undefined when it is not plain. */
export function parsePlain(text: string): Raw | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  const bare = text.replace(
    STRING_OR_COMMENT,
    (found) => found.startsWith('"') ? found : " ",
  );
  const value = parseJson(bare);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return undefined;
  }
  // A name given twice is one name in the value.
  return namesIn(bare) === countNames(value) ? value as Raw : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function namesIn(text: string): number {
  return [...text.matchAll(STRING)].filter(([, colon]) => colon).length;
}

function countNames(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value).map(countNames);
  const own = Array.isArray(value) ? 0 : inner.length;
  return inner.reduce((sum, count) => sum + count, own);
}
