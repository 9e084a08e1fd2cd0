/**
 * The rules about what may not be written: effects in the pure set, system
 * calls outside their one place, waits in tests, synonyms of our words, and
 * comments that postpone work.
 */

import {
  IMPURE,
  PHRASES,
  PLACES,
  PURE,
  PURE_BANS,
  SYNONYMS,
  THROWS,
  WAITS,
} from "../architecture.ts";
import type { Token } from "./token.ts";
import { type Finding, isIn, isTest, type SourceFile } from "./tree.ts";

/** Whether a file belongs to the pure set. */
export function isPure(path: string): boolean {
  return isIn(path, PURE) && !isIn(path, IMPURE) && !isTest(path);
}

/** The pure set has no effects and does not throw. */
export function checkPure(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, code, imports } of files) {
    if (!isPure(path)) continue;
    for (const { specifier, line } of imports) {
      if (!specifier.startsWith("node:")) continue;
      const text = `${specifier} is banned in the pure set, ` +
        "use an argument that carries the answer";
      findings.push({ path, line, text });
    }
    for (const [index, token] of code.entries()) {
      const text = impurity(path, code, index);
      if (text !== undefined) findings.push({ path, line: token.line, text });
    }
  }
  return findings;
}

function impurity(
  path: string,
  code: readonly Token[],
  index: number,
): string | undefined {
  const token = code[index];
  if (token?.kind !== "word") return undefined;
  const before = code[index - 1]?.text;
  const next = code[index + 1]?.text;
  if (token.text === "Math" && code[index + 2]?.text === "random") {
    return "Math.random is banned in the pure set, use src/base/prng.ts";
  }
  // A property or a key of that name is none of ours.
  if (before === "." || before === "?." || next === ":") return undefined;
  if (token.text === "throw") return checkThrow(path, code[index + 2]?.text);
  if (!Object.hasOwn(PURE_BANS, token.text)) return undefined;
  return `${token.text} is banned in the pure set, ${PURE_BANS[token.text]}`;
}

function checkThrow(
  path: string,
  error: string | undefined,
): string | undefined {
  const row = THROWS.find(({ of }) => isIn(path, [of]));
  if (row !== undefined && row.error === error) return undefined;
  return "throw is banned in the pure set, use invariant() or a Result";
}

/** Calls with one place in src/ are made there. */
export function checkPlaces(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, code } of files) {
    if (!path.startsWith("src/") && path !== "main.ts") continue;
    for (const [index, token] of code.entries()) {
      const call = token.kind === "string"
        ? token.text.slice(1, -1)
        : `${token.text}.${code[index + 2]?.text}`;
      const place = PLACES.find((row) => row.call.test(call));
      if (place === undefined || place.only.includes(path)) continue;
      const text = `${call} is banned here, ${place.remedy}`;
      findings.push({ path, line: token.line, text });
    }
  }
  return findings;
}

/** Tests wait for conditions, not for time. */
export function checkWaits(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, code } of files) {
    if (!path.startsWith("tests/") && !isTest(path)) continue;
    if (isIn(path, WAITS)) continue;
    for (const [index, token] of code.entries()) {
      const isCall = token.kind === "word" && code[index + 1]?.text === "(" &&
        /^(?:setTimeout|setInterval|sleep|delay)$/.test(token.text);
      const isBlocking = token.text === "Atomics" &&
        code[index + 2]?.text === "wait";
      if (!isCall && !isBlocking) continue;
      const text = `${token.text} is banned in tests, use until() of ` +
        `${WAITS.at(-1)}, which waits for a condition with a deadline`;
      findings.push({ path, line: token.line, text });
    }
  }
  return findings;
}

/** One word per thing, in names and in comments. */
export function checkSynonyms(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, tokens } of files) {
    if (!isIn(path, ["src/", "tests/", "main.ts"])) continue;
    for (const token of tokens) {
      if (token.kind !== "word" && token.kind !== "comment") continue;
      for (const word of wordsOf(token.text)) {
        const synonym = SYNONYMS.find((row) => row.word.test(word));
        if (synonym === undefined) continue;
        const text = `"${word}" is banned, say "${synonym.say}"`;
        findings.push({ path, line: token.line, text });
      }
    }
  }
  return findings;
}

/** The words of a name or a comment, in lower case, known phrases left out. */
function wordsOf(text: string): string[] {
  let rest = text;
  for (const phrase of PHRASES) rest = rest.replace(phrase, " ");
  return rest
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
}

/** Work is done or has an issue. */
export function checkPostponed(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, tokens } of files) {
    for (const { kind, text, line } of tokens) {
      if (kind !== "comment") continue;
      if (/\b(?:FIXME|XXX)\b/.test(text)) {
        findings.push({ path, line, text: "FIXME is banned, fix it" });
      }
      if (/\bTODO\b(?!\(#\d+\))/.test(text)) {
        const remedy = "TODO without an issue is banned, use TODO(#n)";
        findings.push({ path, line, text: remedy });
      }
    }
  }
  return findings;
}
