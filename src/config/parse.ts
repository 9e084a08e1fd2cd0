/**
 * The configuration file and `-g` to settings, with a way back from a path to
 * its place in either text. As in nginx, `-g` is read first, so that a
 * directive in both is a duplicate in the file.
 */

import type { Checked } from "./check.ts";
import { checkSettings } from "./check.ts";
import type { Document } from "./document.ts";
import { duplicateAt, errorAt, parseDocument, pathKey } from "./document.ts";
import type { ConfigError, Path, Problem } from "./error.ts";
import { errorWithoutPlace } from "./error.ts";
import { parseGlobals } from "./globals.ts";

/** What there is to parse. */
export interface Texts {
  readonly file: { readonly path: string; readonly text: string } | undefined;
  readonly globals: string | undefined;
}

/** Settings, and what is wrong with the rest. */
export interface Parsed extends Omit<Checked, "problems"> {
  readonly errors: readonly ConfigError[];
  /** False when the syntax is broken: the settings mean nothing. */
  readonly usable: boolean;
  /** A problem to an error with its place. */
  locate(problem: Problem): ConfigError;
}

/** Parse both texts; total. */
export function parseSettings({ file, globals }: Texts): Parsed {
  const documents: Document[] = [];
  if (globals !== undefined) documents.push(parseGlobals(globals));
  if (file !== undefined) documents.push(parseDocument(file.path, file.text));
  const { value, duplicates } = merge(documents);
  const locate = (problem: Problem) => locateIn(documents, problem);
  const broken = documents.flatMap((one) => one.errors);
  const errors = [
    ...broken,
    ...documents.flatMap((one) => one.duplicates),
    ...duplicates,
  ];
  if (broken.length > 0) {
    return { settings: {}, appRequired: false, errors, usable: false, locate };
  }
  const { problems, ...checked } = checkSettings(value);
  errors.push(...problems.map(locate));
  return { ...checked, errors, usable: true, locate };
}

function merge(documents: readonly Document[]): {
  readonly value: Document["value"];
  readonly duplicates: readonly ConfigError[];
} {
  const owners = new Map<string, unknown>();
  const duplicates: ConfigError[] = [];
  for (const document of documents) {
    for (const [name, value] of Object.entries(document.value)) {
      if (!owners.has(name)) {
        owners.set(name, value);
        continue;
      }
      const offset = document.offsets.get(pathKey([name])) ?? 0;
      duplicates.push(duplicateAt(document, offset, name));
    }
  }
  return { value: Object.fromEntries(owners), duplicates };
}

/** The nearest place there is: the path itself, or what it lies in. */
function locateIn(
  documents: readonly Document[],
  { path, directive, wrong, expected }: Problem,
): ConfigError {
  const what = { directive, wrong, expected };
  if (path === undefined) return { ...errorWithoutPlace(wrong), ...what };
  for (let length = path.length; length > 0; length--) {
    const key = pathKey(path.slice(0, length) as Path);
    for (const document of documents) {
      const offset = document.offsets.get(key);
      if (offset !== undefined) return errorAt(document, offset, what);
    }
  }
  const file = documents.find((one) => one.file !== "-g")?.file;
  return { ...errorWithoutPlace(wrong), ...what, file };
}
