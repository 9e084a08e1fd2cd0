/**
 * TypeScript source as tokens, so that rules look at code and never at what a
 * string or a comment happens to say. Enough of the language for text that
 * `deno fmt` wrote and `deno check` accepted; it does not parse.
 *
 * Template literals come as pieces: their text as `string` tokens, what is in
 * `${}` as the code it is. Whether `/` divides or opens a regular expression
 * is told by the token before it. Source: ECMA-262, 12 (lexical grammar).
 */

/** What a token is. `punct` is an operator or a bracket. */
export type TokenKind =
  | "comment"
  | "string"
  | "regex"
  | "word"
  | "number"
  | "punct";

/** A piece of the source. */
export interface Token {
  readonly kind: TokenKind;
  /** As written, quotes and comment marks included. */
  readonly text: string;
  /** The line it starts on, from 1. */
  readonly line: number;
  /** The line it ends on. */
  readonly endLine: number;
}

const SPACE = /\s+/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
const BLOCK_COMMENT = /\/\*[^]*?\*\//y;
const QUOTED = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;
const REGEX = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const NUMBER =
  /(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*\.?[\d_]*(?:[eE][+-]?\d+)?)n?/y;
const WORD = /[#@]?[\p{ID_Start}_$][\p{ID_Continue}_$]*/yu;
const PUNCT =
  /=>|\.\.\.|\?\.(?!\d)|[=!]==?|\*\*=?|&&=?|\|\|=?|\?\?=?|\+\+|--|[-+*/%&|^<]=|<<=?|[^]/y;
/** Up to the end of a template or to the next `${`, from within one. */
const TEMPLATE = /(?:[^\\`$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y;

/** Words after which `/` opens a regular expression. */
const OPERATOR_WORDS: readonly string[] = [
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "delete",
  "void",
  "throw",
  "new",
  "else",
  "do",
  "await",
  "yield",
  "instanceof",
];

/** Split a source file. Never fails: what is no token is a `punct`. */
export function tokenize(source: string): Token[] {
  return new Scanner(source).run();
}

class Scanner {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** For each open `${`, the braces open inside it. */
  readonly #templates: number[] = [];
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    while (this.#at < this.#source.length) this.#next();
    return this.#tokens;
  }

  #next(): void {
    const space = this.#match(SPACE);
    if (space !== undefined) return this.#advance(space);
    if (this.#source[this.#at] === "`") return this.#template("`");
    const comment = this.#match(LINE_COMMENT) ?? this.#match(BLOCK_COMMENT);
    if (comment !== undefined) return this.#emit("comment", comment);
    const quoted = this.#match(QUOTED);
    if (quoted !== undefined) return this.#emit("string", quoted);
    const regex = this.#mayOpenRegex() ? this.#match(REGEX) : undefined;
    if (regex !== undefined) return this.#emit("regex", regex);
    const number = this.#match(NUMBER);
    if (number !== undefined) return this.#emit("number", number);
    const word = this.#match(WORD);
    if (word !== undefined) return this.#emit("word", word);
    this.#punct(this.#match(PUNCT) ?? "");
  }

  #punct(text: string): void {
    const depth = this.#templates.at(-1);
    if (depth !== undefined && text === "}" && depth === 0) {
      this.#templates.pop();
      return this.#template("}");
    }
    if (depth !== undefined && (text === "{" || text === "}")) {
      this.#templates[this.#templates.length - 1] = depth +
        (text === "{" ? 1 : -1);
    }
    this.#emit("punct", text);
  }

  /** A piece of a template, opened by a backtick or by the `}` of `${}`. */
  #template(opening: string): void {
    TEMPLATE.lastIndex = this.#at + opening.length;
    const rest = TEMPLATE.exec(this.#source)?.[0] ??
      this.#source.slice(this.#at + opening.length);
    if (rest.endsWith("${")) this.#templates.push(0);
    this.#emit("string", opening + rest);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0];
  }

  #mayOpenRegex(): boolean {
    if (this.#source[this.#at] !== "/") return false;
    const before = this.#tokens.findLast((token) => token.kind !== "comment");
    if (before === undefined) return true;
    if (before.kind === "word") return OPERATOR_WORDS.includes(before.text);
    // A `}` mid-template is the start of a string piece, not the end of one.
    if (before.kind === "string") return before.text.endsWith("${");
    return before.kind === "punct" && !/^(?:[)\]}]|\+\+|--)$/.test(before.text);
  }

  #emit(kind: TokenKind, text: string): void {
    const line = this.#line;
    this.#advance(text);
    this.#tokens.push({ kind, text, line, endLine: this.#line });
  }

  #advance(text: string): void {
    this.#at += text.length;
    for (const char of text) if (char === "\n") this.#line += 1;
  }
}

/** The tokens without comments. */
export function codeOf(tokens: readonly Token[]): Token[] {
  return tokens.filter((token) => token.kind !== "comment");
}

/** For each opening bracket the index of its closing one, and back. */
export function matchBrackets(
  code: readonly Token[],
): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  const open: number[] = [];
  for (const [index, token] of code.entries()) {
    if (token.kind !== "punct") continue;
    if ("([{".includes(token.text)) open.push(index);
    if (!")]}".includes(token.text)) continue;
    const opening = open.pop();
    if (opening === undefined) continue;
    pairs.set(opening, index);
    pairs.set(index, opening);
  }
  return pairs;
}
