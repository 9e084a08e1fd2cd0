/**
 * The rules about what is explained: a head comment in every file, a docstring
 * on every export of src/, a source named in core/ and os/, and a unit test
 * beside every pure file.
 */

import { SOURCES, UNSOURCED } from "../architecture.ts";
import { isPure } from "./ban_rule.ts";
import { matchBrackets, type Token } from "./token.ts";
import { type Finding, isTest, type SourceFile } from "./tree.ts";

/** Every file says first what it is for. */
export function checkHeads(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ tokens }) => tokens.length > 0 && !hasHead(tokens))
    .map(({ path }) => ({
      path,
      line: 1,
      text:
        "a file without a head comment is banned, use /** what it decides " +
        "or does, what it must not, where that comes from */ and a blank line",
    }));
}

/** A doc comment before any code, and not the docstring of what follows. */
function hasHead(tokens: readonly Token[]): boolean {
  const index = tokens.findIndex((token) =>
    !token.text.startsWith("// deno-lint-ignore-file")
  );
  const head = tokens[index];
  const next = tokens[index + 1];
  if (!head?.text.startsWith("/**")) return false;
  if (next === undefined || next.text === "import") return true;
  return next.line > head.endLine + 1;
}

/** Every export of src/ says what its type cannot. */
export function checkDocstrings(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, tokens } of files) {
    if (!path.startsWith("src/") || isTest(path)) continue;
    for (const [index, token] of tokens.entries()) {
      if (token.text !== "export" || isDocumented(tokens, index)) continue;
      const name = nameOf(tokens, index);
      // The overloads of a function share one docstring.
      if (name === nameOf(tokens, exportBefore(tokens, index))) continue;
      const text = `an export without a docstring is banned, ` +
        `use /** one plain sentence */ above ${name}`;
      findings.push({ path, line: token.line, text });
    }
  }
  return findings;
}

function isDocumented(tokens: readonly Token[], index: number): boolean {
  let line = tokens[index]?.line ?? 0;
  for (let before = index - 1; before >= 0; before--) {
    const token = tokens[before];
    if (token?.kind !== "comment" || token.endLine !== line - 1) return false;
    if (token.text.startsWith("/**")) return true;
    line = token.line;
  }
  return false;
}

function exportBefore(tokens: readonly Token[], index: number): number {
  return tokens.slice(0, index).findLastIndex(({ text }) => text === "export");
}

/** What an `export` exports. */
function nameOf(tokens: readonly Token[], index: number): string | undefined {
  if (index < 0) return undefined;
  return tokens.slice(index + 1, index + 6).find(({ kind, text }) =>
    kind === "word" &&
    !/^(?:abstract|async|class|const|default|enum|function|interface|let|type)$/
      .test(text)
  )?.text;
}

/** The core and the machine name where their behaviour comes from. */
export function checkSources(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ path }) => /^src\/(?:core|os)\//.test(path) && !isTest(path))
    .filter(({ path }) => !Object.hasOwn(UNSOURCED, path))
    .filter(({ tokens }) =>
      !tokens.some(({ kind, text }) => kind === "comment" && SOURCES.test(text))
    )
    .map(({ path }) => ({
      path,
      line: 1,
      text: "a file of core/ or os/ that names no source is banned, " +
        'use "Source: …", "nginx: …", "man 2 …" or "RFC …" in its head',
    }));
}

/** Every pure file with code in it has its unit test beside it. */
export function checkUnitTests(files: readonly SourceFile[]): Finding[] {
  const paths = new Set(files.map(({ path }) => path));
  return files
    .filter(({ path, code }) => isPure(path) && hasCode(code))
    .map(({ path }) => ({ path, test: path.replace(/\.ts$/, "_test.ts") }))
    .filter(({ test }) => !paths.has(test))
    .map(({ path, test }) => ({
      path,
      line: 1,
      text: `a pure file without a unit test is banned, use ${test}`,
    }));
}

/** Whether anything is left of a file once its types are gone. */
function hasCode(code: readonly Token[]): boolean {
  const pairs = matchBrackets(code);
  for (let index = 0; index < code.length; index++) {
    const text = code[index]?.text ?? "";
    const isDeclared = code[index - 1]?.text === "declare";
    if (/^(?:class|const|enum|function|let)$/.test(text) && !isDeclared) {
      return true;
    }
    if (/^[([{]$/.test(text)) index = pairs.get(index) ?? index;
  }
  return false;
}
