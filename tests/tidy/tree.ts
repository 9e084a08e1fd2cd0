/**
 * The project's source as the rules see it: every TypeScript file of the
 * folders in `architecture.ts`, with its tokens and its imports. Files that
 * are not written yet are simply not there.
 */

import { codeOf, type Token, tokenize } from "./token.ts";

/** One import of a file, static or dynamic. */
export interface Import {
  /** As written: "../base/id.ts", "node:net", "@std/assert". */
  readonly specifier: string;
  /** The file it means, from the root; undefined for a package. */
  readonly target: string | undefined;
  readonly line: number;
}

/** A source file, read. */
export interface SourceFile {
  /** From the root, with slashes: "src/base/id.ts". */
  readonly path: string;
  readonly text: string;
  readonly tokens: readonly Token[];
  /** The tokens without comments. */
  readonly code: readonly Token[];
  readonly imports: readonly Import[];
}

/** A broken rule. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  /** What is wrong and what to do instead. */
  readonly text: string;
}

/** Whether a path is, or lies in, one of `places`. */
export function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) =>
    place.endsWith("/") ? path.startsWith(place) : path === place
  );
}

/** Whether a file holds tests. */
export function isTest(path: string): boolean {
  return path.endsWith("_test.ts");
}

/** A source file from its text; the rules' own tests start here. */
export function toSourceFile(path: string, text: string): SourceFile {
  const tokens = tokenize(text);
  const code = codeOf(tokens);
  return { path, text, tokens, code, imports: importsOf(path, code) };
}

/** Read every TypeScript file under the roots, in order of their paths. */
export function readTree(roots: readonly string[]): SourceFile[] {
  const paths = roots.flatMap((root) => [...walk(root)]).sort();
  return paths.map((path) => toSourceFile(path, Deno.readTextFileSync(path)));
}

function* walk(path: string): Iterable<string> {
  if (path.endsWith(".ts")) {
    if (exists(path)) yield path;
    return;
  }
  if (!exists(path)) return;
  for (const entry of Deno.readDirSync(path)) {
    if (entry.isDirectory || entry.name.endsWith(".ts")) {
      yield* walk(`${path}/${entry.name}`);
    }
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * What a file refers to: `from "x"`, `import "x"`, `import("x")`, and any
 * string that is the relative path of a module, as in `new URL("./x.ts", …)`.
 */
function importsOf(path: string, code: readonly Token[]): Import[] {
  const imports: Import[] = [];
  for (const [index, token] of code.entries()) {
    // A piece of a template names no module.
    if (token.kind !== "string" || !/^["']/.test(token.text)) continue;
    const specifier = token.text.slice(1, -1);
    const before = code[index - 1]?.text;
    const isImport = before === "from" || before === "import" ||
      (before === "(" && code[index - 2]?.text === "import");
    const isModulePath = /^\.\.?\/[\w./-]+\.ts$/.test(specifier);
    if (!isImport && !isModulePath) continue;
    const target = specifier.startsWith(".")
      ? resolve(path, specifier)
      : undefined;
    imports.push({ specifier, target, line: token.line });
  }
  return imports;
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
