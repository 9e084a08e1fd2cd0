/**
 * The functions of a source file, measured: lines, parameters, nesting.
 * Found by their shape in the token stream: `function`, `name(…) {` where the
 * name is no keyword, and `=> {`. Works on what `deno fmt` wrote and is tested
 * on snippets; it does not parse. A type `(…) => {…}` counts as a function too.
 */

import { codeOf, matchBrackets, type Token, tokenize } from "./token.ts";

/** One function with a body in braces. */
export interface FunctionSize {
  /** Its name, or the call or variable an arrow function belongs to. */
  readonly name: string;
  /** Where it starts, from 1. */
  readonly line: number;
  /** From its first line to its closing brace, both counted. */
  readonly lines: number;
  readonly parameters: number;
  /** Control blocks within each other, inner functions not counted. */
  readonly nesting: number;
}

/** Words that look like a call before a block. */
const CONTROL_WORDS: readonly string[] = [
  "if",
  "for",
  "while",
  "switch",
  "catch",
  "with",
];

/** Words that open a block by themselves. */
const BLOCK_WORDS: readonly string[] = [
  "else",
  "try",
  "do",
  "finally",
  "catch",
];

/** After these a `{` in a type opens a type literal, not a body. */
const TYPE_OPERATORS: readonly string[] = [
  ":",
  "|",
  "&",
  "<",
  "=>",
  ",",
  "is",
  "extends",
  "readonly",
  "?",
  "keyof",
  "asserts",
];

/** What stands before the name of a function. */
const FUNCTION_WORDS: readonly string[] = ["function", "*"];

/** What stands before the name of a method. */
const MEMBER_STARTS: readonly string[] = [
  "{",
  "}",
  ";",
  ",",
  "async",
  "get",
  "override",
  "private",
  "protected",
  "public",
  "set",
  "static",
];

/** Measure every function of a source file, in order of their bodies. */
export function measureFunctions(source: string): FunctionSize[] {
  return new Measure(source).run();
}

class Measure {
  readonly #code: readonly Token[];
  readonly #pairs: ReadonlyMap<number, number>;

  constructor(source: string) {
    this.#code = codeOf(tokenize(source));
    this.#pairs = matchBrackets(this.#code);
  }

  run(): FunctionSize[] {
    const found: FunctionSize[] = [];
    for (const index of this.#code.keys()) {
      if (this.#text(index) !== "{") continue;
      const parameters = this.#parametersBefore(index);
      if (parameters !== undefined) found.push(this.#size(index, parameters));
    }
    return found;
  }

  #text(index: number): string {
    return this.#code[index]?.text ?? "";
  }

  /**
   * The first token of the parameters of the function whose body opens at
   * `body`; undefined when it is another kind of brace.
   */
  #parametersBefore(body: number): number | undefined {
    if (this.#isType(body)) return undefined;
    const isArrow = this.#text(body - 1) === "=>";
    const last = this.#skipReturnType(isArrow ? body - 1 : body);
    if (last === undefined) return undefined;
    if (this.#text(last) !== ")") return isArrow ? last : undefined;
    const open = this.#pairs.get(last);
    if (open === undefined) return undefined;
    if (isArrow) return open;
    return this.#isFunctionHead(open) ? open : undefined;
  }

  /**
   * From the body or the arrow back over `: Type` to the last token of the
   * parameters. Undefined when a statement ends on the way.
   */
  #skipReturnType(from: number): number | undefined {
    const first = from - 1;
    if (this.#text(first) === ")" && !this.#isTypeParenthesis(first)) {
      return first;
    }
    if (this.#code[first]?.kind === "word" && this.#text(from) === "=>") {
      if (this.#text(first - 1) !== ":") return first;
    }
    for (let index = first; index >= 0; index--) {
      const text = this.#text(index);
      if (text === ":" && this.#text(index - 1) === ")") return index - 1;
      if ("})]".includes(text) && text !== "") {
        const open = this.#pairs.get(index);
        if (open === undefined) return undefined;
        if (text === "}" && !this.#isTypeLiteral(open)) return undefined;
        index = open;
        continue;
      }
      if (!this.#mayBeInType(index)) return undefined;
    }
    return undefined;
  }

  /** A `)` that ends a parenthesised or function type after a `:`. */
  #isTypeParenthesis(close: number): boolean {
    const open = this.#pairs.get(close);
    return open !== undefined && this.#text(open - 1) === ":" &&
      this.#text(open - 2) === ")";
  }

  /** A `{}` with more type behind it: `Promise<{ a: number }>`. */
  #isType(open: number): boolean {
    const close = this.#pairs.get(open) ?? open;
    const next = this.#text(close + 1);
    if (next === "[") return this.#text(close + 2) === "]";
    return [">", "|", "&", "{", "=>"].includes(next);
  }

  #isTypeLiteral(open: number): boolean {
    return TYPE_OPERATORS.includes(this.#text(open - 1));
  }

  #mayBeInType(index: number): boolean {
    const token = this.#code[index];
    if (token === undefined || token.kind === "regex") return false;
    if (token.kind !== "punct") return !CONTROL_WORDS.includes(token.text);
    return [".", "|", "&", "<", ">", "?", ":", "=>", ","].includes(token.text);
  }

  /** Whether the `(` belongs to a function or a method, not to `if (`. */
  #isFunctionHead(open: number): boolean {
    const name = this.#beforeGenerics(open);
    if (FUNCTION_WORDS.includes(this.#text(name))) return true;
    if (FUNCTION_WORDS.includes(this.#text(name - 1))) return true;
    if (CONTROL_WORDS.includes(this.#text(name))) return false;
    // A call, as in `a ? f(x) : {`, never follows one of these.
    const first = this.#text(name) === "]" ? this.#pairs.get(name) : name;
    return first === undefined || MEMBER_STARTS.includes(this.#text(first - 1));
  }

  /** The token before `(`, or before the `<…>` in front of it. */
  #beforeGenerics(open: number): number {
    let index = open - 1;
    if (this.#text(index) !== ">") return index;
    for (let depth = 0; index >= 0; index--) {
      if (this.#text(index) === ">") depth += 1;
      if (this.#text(index) === "<") depth -= 1;
      if (depth === 0) return index - 1;
    }
    return open - 1;
  }

  #size(body: number, parameters: number): FunctionSize {
    const start = this.#start(parameters);
    const close = this.#pairs.get(body) ?? this.#code.length - 1;
    const line = this.#code[start]?.line ?? 1;
    return {
      name: this.#name(start, parameters),
      line,
      lines: (this.#code[close]?.endLine ?? line) - line + 1,
      parameters: this.#count(parameters),
      nesting: this.#nesting(body, close),
    };
  }

  /** The first token that belongs to the function, `export` left aside. */
  #start(parameters: number): number {
    let index = parameters;
    if (this.#text(index) === "(") index = this.#beforeGenerics(index) + 1;
    const before = this.#code[index - 1];
    if (before?.kind === "word" && before.text !== "return") index -= 1;
    while (["function", "async", "*"].includes(this.#text(index - 1))) {
      index -= 1;
    }
    return index;
  }

  #name(start: number, parameters: number): string {
    for (let index = start; index < parameters; index++) {
      const token = this.#code[index];
      if (token?.kind !== "word") continue;
      if (!["function", "async"].includes(token.text)) return token.text;
    }
    for (let index = start - 1; index > Math.max(0, start - 6); index--) {
      const token = this.#code[index];
      if (token?.kind === "string") return token.text;
      if (token?.kind === "word" && token.text !== "const") return token.text;
    }
    return "(anonymous)";
  }

  /** Parameters, counted by the commas between them; `this` is none. */
  #count(parameters: number): number {
    if (this.#text(parameters) !== "(") return 1;
    const close = this.#pairs.get(parameters) ?? parameters;
    let count = 0;
    let angles = 0;
    let isEmpty = true;
    for (let index = parameters + 1; index < close; index++) {
      const text = this.#text(index);
      if (text === "<") angles += 1;
      if (text === ">") angles -= 1;
      if (text === "," && angles === 0) isEmpty = true;
      else if (isEmpty && text !== "this") {
        isEmpty = false;
        count += 1;
      } else isEmpty = false;
      if ("([{".includes(text) && text !== "") {
        index = this.#pairs.get(index) ?? index;
      }
    }
    return count;
  }

  #nesting(body: number, close: number): number {
    let deepest = 0;
    const open: number[] = [];
    for (let index = body + 1; index < close; index++) {
      while ((open.at(-1) ?? Infinity) < index) open.pop();
      if (this.#text(index) !== "{") continue;
      const end = this.#pairs.get(index) ?? index;
      if (this.#parametersBefore(index) !== undefined) index = end;
      else if (this.#isControlBlock(index)) {
        open.push(end);
        deepest = Math.max(deepest, open.length);
      }
    }
    return deepest;
  }

  #isControlBlock(index: number): boolean {
    const before = this.#text(index - 1);
    if (BLOCK_WORDS.includes(before)) return true;
    if (before !== ")") return false;
    const word = this.#text((this.#pairs.get(index - 1) ?? 0) - 1);
    return CONTROL_WORDS.includes(word) || word === "await";
  }
}
