/**
 * The rules about size: files, functions, parameters, nesting, columns. One
 * pass finds everything over a limit; the hard ones fail, the soft ones are
 * what `report.ts` prints.
 */

import { EXEMPT, type Exemption, LIMITS } from "../architecture.ts";
import { measureFunctions } from "./function.ts";
import { type Finding, isTest, type SourceFile } from "./tree.ts";

/** Something over a limit. */
export interface Oversize {
  readonly path: string;
  readonly line: number;
  /** The function; undefined for the file itself. */
  readonly name: string | undefined;
  readonly what: "lines" | "parameters" | "nesting";
  readonly count: number;
  readonly soft: number;
  readonly hard: number;
}

/** Everything over a soft limit. */
export function measureSizes(files: readonly SourceFile[]): Oversize[] {
  const sizes: Oversize[] = [];
  for (const { path, text } of files) {
    const isSource = !path.startsWith("tests/") && !isTest(path);
    const limit = isSource ? LIMITS.sourceLines : LIMITS.testLines;
    const count = text.trimEnd().split("\n").length;
    const place = { path, line: 1, name: undefined };
    sizes.push({ ...place, what: "lines", count, ...limit });
    for (const size of measureFunctions(text)) {
      const { name, line, lines, parameters, nesting } = size;
      const of = { path, line, name };
      sizes.push(
        { ...of, what: "lines", count: lines, ...LIMITS.functionLines },
        {
          ...of,
          what: "parameters",
          count: parameters,
          ...LIMITS.parameters,
        },
        { ...of, what: "nesting", count: nesting, ...LIMITS.nesting },
      );
    }
  }
  return sizes.filter(({ count, soft }) => count > soft);
}

/** Nothing passes a hard limit that is not exempt. */
export function checkSizes(
  files: readonly SourceFile[],
  exempt: readonly Exemption[] = EXEMPT,
): Finding[] {
  return measureSizes(files)
    .filter(({ count, hard }) => count > hard)
    .filter((size) => !exempt.some((row) => isAbout(row, size)))
    .map(({ path, line, name, what, count, hard }) => ({
      path,
      line,
      text: `${name ?? "a file"} of ${count} ${what} is banned, ` +
        `use at most ${hard}: split it`,
    }));
}

/** Exemptions are taken back when they are no longer needed. */
export function checkExemptions(
  files: readonly SourceFile[],
  exempt: readonly Exemption[] = EXEMPT,
): Finding[] {
  const over = measureSizes(files).filter(({ count, hard }) => count > hard);
  return exempt
    .filter(({ path }) => files.some((file) => file.path === path))
    .filter((row) => !over.some((size) => isAbout(row, size)))
    .map(({ path, name }) => ({
      path,
      line: 1,
      text: `${name ?? "the file"} is within the limits, ` +
        "remove its line from EXEMPT",
    }));
}

function isAbout(row: Exemption, { path, name }: Oversize): boolean {
  return row.path === path && row.name === name;
}

/** Lines fit the width, but for strings and addresses. */
export function checkColumns(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, text, tokens } of files) {
    const spared = new Set<number>();
    for (const token of tokens) {
      if (token.kind !== "string" && token.kind !== "regex") continue;
      for (let line = token.line; line <= token.endLine; line++) {
        spared.add(line);
      }
    }
    for (const [index, line] of text.split("\n").entries()) {
      if ([...line].length <= LIMITS.columns || spared.has(index + 1)) continue;
      if (/https?:\/\//.test(line)) continue;
      const remedy = `a line over ${LIMITS.columns} columns is banned, ` +
        "use deno fmt or break the comment";
      findings.push({ path, line: index + 1, text: remedy });
    }
  }
  return findings;
}
