/**
 * The rules about names: files, events in the past and effects in the
 * imperative, numbers with their units; and about form: functions are
 * declarations, private means `#`, nothing is exported on.
 */

import {
  EFFECT_VERBS,
  EMPTY_NAMES,
  EVENT_ENDINGS,
  NAMED,
  UNIT_ENDINGS,
  UNITLESS,
} from "../architecture.ts";
import { matchBrackets, type Token } from "./token.ts";
import { type Finding, isIn, type SourceFile } from "./tree.ts";

/** Files are snake_case and say what is in them. */
export function checkFileNames(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path } of files) {
    const name = path.slice(path.lastIndexOf("/") + 1, -".ts".length);
    if (!/^[a-z][a-z\d]*(?:_[a-z\d]+)*$/.test(name)) {
      const text = `${name}.ts is banned, use snake_case`;
      findings.push({ path, line: 1, text });
    }
    if (EMPTY_NAMES.includes(name) && !NAMED.includes(path)) {
      const text = `${name}.ts is banned, use the noun it is about`;
      findings.push({ path, line: 1, text });
    }
  }
  return findings;
}

/** Events happened, effects are orders. */
export function checkTenses(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, code } of files) {
    const isEvent = path === "src/core/master/event.ts";
    const isEffect = path === "src/core/master/effect.ts";
    if (!isEvent && !isEffect) continue;
    for (const { text: kind, line } of kindsOf(code)) {
      const pattern = isEvent ? EVENT_ENDINGS : EFFECT_VERBS;
      if (pattern.test(kind)) continue;
      const text = isEvent
        ? `event kind "${kind}" is banned, use the past tense`
        : `effect kind "${kind}" is banned, use the imperative`;
      findings.push({ path, line, text });
    }
  }
  return findings;
}

/** The literals after `kind:`. */
function kindsOf(code: readonly Token[]): Token[] {
  return code
    .filter((token, index) =>
      token.kind === "string" && code[index - 1]?.text === ":" &&
      code[index - 2]?.text === "kind"
    )
    .map((token) => ({ ...token, text: token.text.slice(1, -1) }));
}

/** Numbers say what they count. */
export function checkUnits(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  const places = ["src/core/master/policy.ts", "src/config/config.ts"];
  for (const { path, code } of files) {
    if (!isIn(path, places)) continue;
    for (const [index, token] of code.entries()) {
      if (token.text !== "readonly") continue;
      if (!/^[:?]$/.test(code[index + 2]?.text ?? "")) continue;
      const name = code[index + 1]?.text ?? "";
      const type = typeOf(code, index + 2);
      const ending = UNIT_ENDINGS[type];
      if (ending === undefined || ending.test(name)) continue;
      if (UNITLESS.includes(name)) continue;
      const text = `${name}: ${type} without its unit is banned, ` +
        `use a name that ends like ${ending.source}`;
      findings.push({ path, line: token.line, text });
    }
  }
  return findings;
}

/** The innermost type name of a field: `number` of `readonly number[]`. */
function typeOf(code: readonly Token[], from: number): string {
  let index = from;
  while (/^(?:[?:(]|readonly)$/.test(code[index]?.text ?? "")) index += 1;
  return code[index]?.text ?? "";
}

/** Top-level functions are declarations. */
export function checkDeclarations(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, code } of files) {
    const pairs = matchBrackets(code);
    for (let index = 0; index < code.length; index++) {
      const text = code[index]?.text ?? "";
      if (/^[([{]$/.test(text)) index = pairs.get(index) ?? index;
      if (text !== "=" || !isFunction(code, pairs, index + 1)) continue;
      const name = code[index - 1]?.text;
      findings.push({
        path,
        line: code[index]?.line ?? 1,
        text: `a function in a top-level constant (${name}) is banned, ` +
          "use a function declaration",
      });
    }
  }
  return findings;
}

/** Whether a function expression starts there. */
function isFunction(
  code: readonly Token[],
  pairs: ReadonlyMap<number, number>,
  from: number,
): boolean {
  const start = code[from]?.text === "async" ? from + 1 : from;
  if (code[start]?.text === "function") return true;
  if (code[start]?.text !== "(") return false;
  const close = pairs.get(start) ?? start;
  // A type alias of a function has the same shape; it has no `const`.
  const isAlias = code.slice(Math.max(0, from - 9), from)
    .some(({ text }) => text === "type");
  const next = code[close + 1]?.text;
  return !isAlias && (next === "=>" || next === ":");
}

/** Private members are private at run time too. */
export function checkPrivates(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, code } of files) {
    for (const [index, { text, line }] of code.entries()) {
      if (!/^(?:private|protected)$/.test(text)) continue;
      const next = code[index + 1];
      // A constructor has no other way to be private.
      if (next?.kind !== "word" || next.text === "constructor") continue;
      const remedy = `${text} is banned, use #${next.text}`;
      findings.push({ path, line, text: remedy });
    }
  }
  return findings;
}

/** Names are imported from the file that defines them. */
export function checkBarrels(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, code } of files) {
    if (!path.startsWith("src/")) continue;
    const pairs = matchBrackets(code);
    for (const [index, { text, line }] of code.entries()) {
      if (text !== "export") continue;
      const isType = code[index + 1]?.text === "type";
      const next = index + (isType ? 2 : 1);
      const isList = code[next]?.text === "{" &&
        code[(pairs.get(next) ?? 0) + 1]?.text === "from";
      if (code[next]?.text !== "*" && !isList) continue;
      const remedy = "exporting from another file is banned, " +
        "import the file that defines the name";
      findings.push({ path, line, text: remedy });
    }
  }
  return findings;
}
