/**
 * Text to a value that remembers where everything stands. Knows JSON with
 * comments and trailing commas, as in deno.json; knows no directive.
 *
 * Total: any text gives a document or errors. When the syntax is broken
 * nothing else is reported, for what follows a lost brace is guesswork.
 */

import type { Node, ParseError } from "jsonc-parser";
import { createScanner, parseTree, printParseErrorCode } from "jsonc-parser";
import type { ConfigError, Path } from "./error.ts";
import { quote } from "./error.ts";

/** An object as it came, nothing checked. */
export interface Raw {
  [name: string]: unknown;
}

/** A text's content with its places. */
export interface Document {
  /** As `ConfigError.file`. */
  readonly file: string;
  readonly text: string;
  readonly value: Raw;
  /** `pathKey` to the offset of the directive or the array's element. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Syntax errors: with any of these the value means nothing. */
  readonly errors: readonly ConfigError[];
  /** Names given twice: the value has the first. */
  readonly duplicates: readonly ConfigError[];
}

/** A document being built. */
export interface Draft {
  readonly file: string;
  readonly text: string;
  readonly value: Raw;
  readonly offsets: Map<string, number>;
  readonly errors: ConfigError[];
  readonly duplicates: ConfigError[];
}

/** 1 MiB of text: a configuration is written by hand. */
const TEXT_LENGTH_MAX = 1024 * 1024;

/** The deepest valid file needs 5; the parser recurses. */
const DEPTH_MAX = 32;

/** What jsonc-parser's codes mean to somebody who reads the file. */
const SYNTAX_TEXTS: Readonly<Record<string, string>> = {
  InvalidSymbol: "a JSON value expected",
  InvalidNumberFormat: "invalid number",
  PropertyNameExpected: 'a name in double quotes or "}" expected',
  ValueExpected: "a value expected",
  ColonExpected: '":" expected',
  CommaExpected: '"," expected',
  CloseBraceExpected: '"}" expected',
  CloseBracketExpected: '"]" expected',
  EndOfFileExpected: "end of file expected",
  UnexpectedEndOfComment: '"*/" expected',
  UnexpectedEndOfString: "closing quote expected",
  UnexpectedEndOfNumber: "a digit expected",
  InvalidUnicode: "invalid unicode escape",
  InvalidEscapeCharacter: "invalid escape",
  InvalidCharacter: "invalid character",
};

/** Parse a file's text; its top must be an object. */
export function parseDocument(file: string, text: string): Document {
  const draft = newDraft(file, text);
  const node = parseNode(draft, text, 0);
  if (node !== undefined && node.type !== "object") {
    const got = quote(toValue(draft, { node, path: [], base: 0 }));
    const wrong = `must be an object of directives, got ${got}`;
    draft.errors.push(errorAt(draft, node.offset, { wrong }));
  } else if (node !== undefined) {
    fill(draft, { node, path: [], base: 0 }, draft.value);
  }
  return draft;
}

/** An empty document of a text. */
export function newDraft(file: string, text: string): Draft {
  return {
    file,
    text,
    value: {},
    offsets: new Map(),
    errors: [],
    duplicates: [],
  };
}

/**
 * Parse a part of the draft's text that starts at `base`; undefined when the
 * syntax is broken, and then the draft has the errors.
 */
export function parseNode(
  draft: Draft,
  part: string,
  base: number,
): Node | undefined {
  const unfit = findUnfit(part);
  if (unfit !== undefined) {
    const { offset, wrong } = unfit;
    draft.errors.push(errorAt(draft, base + offset, { wrong }));
    return undefined;
  }
  const errors: ParseError[] = [];
  const node = parseTree(part, errors, { allowTrailingComma: true });
  const places = new Set<number>();
  for (const { error, offset } of errors) {
    // One slip often makes two errors at one place; the first says it.
    if (places.has(offset)) continue;
    places.add(offset);
    const wrong = `syntax error: ${
      SYNTAX_TEXTS[printParseErrorCode(error)] ?? "invalid JSON"
    }`;
    draft.errors.push(errorAt(draft, base + offset, { wrong }));
  }
  return errors.length === 0 ? node : undefined;
}

/** A node to convert: where it belongs and where its text starts. */
export interface Placed {
  readonly node: Node;
  readonly path: Path;
  readonly base: number;
}

/** The node's value; places and duplicates go to the draft. */
export function toValue(draft: Draft, { node, path, base }: Placed): unknown {
  if (node.type === "object") {
    const value: Raw = {};
    fill(draft, { node, path, base }, value);
    return value;
  }
  if (node.type !== "array") return node.value;
  return (node.children ?? []).map((child, index) => {
    const inner = [...path, index];
    draft.offsets.set(pathKey(inner), base + child.offset);
    return toValue(draft, { node: child, path: inner, base });
  });
}

/** The key of a path in `offsets`. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

/** An error at an offset of the text. */
export function errorAt(
  { file, text }: Pick<Document, "file" | "text">,
  offset: number,
  { wrong, directive, expected }: {
    readonly wrong: string;
    readonly directive?: string | undefined;
    readonly expected?: string | undefined;
  },
): ConfigError {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return {
    file,
    line: before.split("\n").length,
    column: offset - lineStart + 1,
    directive,
    wrong,
    expected,
  };
}

/** nginx's words for a directive that was given before. */
export function duplicateAt(
  document: Pick<Document, "file" | "text">,
  offset: number,
  name: string,
): ConfigError {
  const wrong = `"${name}" directive is duplicate`;
  return errorAt(document, offset, { wrong });
}

/** The first of two equal names is kept, the others are errors. */
function fill(draft: Draft, { node, path, base }: Placed, value: Raw): void {
  for (const property of node.children ?? []) {
    const [key, content] = property.children ?? [];
    if (key === undefined || content === undefined) continue;
    const name = String(key.value);
    const inner = [...path, name];
    const offset = base + key.offset;
    if (draft.offsets.has(pathKey(inner))) {
      draft.duplicates.push(duplicateAt(draft, offset, name));
      continue;
    }
    draft.offsets.set(pathKey(inner), offset);
    // An assignment to "__proto__" would not make a property.
    Object.defineProperty(value, name, {
      value: toValue(draft, { node: content, path: inner, base }),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
}

/** What the parser must not be given, because it would not come back. */
function findUnfit(
  text: string,
): { readonly offset: number; readonly wrong: string } | undefined {
  if (text.length > TEXT_LENGTH_MAX) {
    return { offset: 0, wrong: "is longer than 1048576 characters" };
  }
  const scanner = createScanner(text, true);
  let depth = 0;
  do {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    depth += depthChange(text, offset, scanner.getTokenLength());
    if (depth > DEPTH_MAX) {
      return { offset, wrong: `is nested deeper than ${DEPTH_MAX} levels` };
    }
  } while (scanner.getPosition() < text.length);
  return undefined;
}

/** A brace in a string is part of a longer token. */
function depthChange(text: string, offset: number, length: number): number {
  const token = length === 1 ? text[offset] : undefined;
  if (token === "{" || token === "[") return 1;
  return token === "}" || token === "]" ? -1 : 0;
}
