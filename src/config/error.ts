/**
 * What is wrong with a configuration, as values: where, which directive, what
 * is wrong and what is expected. Errors are collected, never thrown, so that
 * an operator sees all of them at once and in the order of the file.
 *
 * `Problem` is an error before its place in the text is known.
 */

/** A way into the configuration: names of directives, indexes of arrays. */
export type Path = readonly (string | number)[];

/** Something wrong at a path. */
export interface Problem {
  /** undefined: in no text, but on the command line or on the machine. */
  readonly path: Path | undefined;
  /** What the line says first; undefined when the text stands alone. */
  readonly directive: string | undefined;
  readonly wrong: string;
  /** Follows "must be"; undefined when `wrong` says it all. */
  readonly expected: string | undefined;
}

/** An error with its place; lines and columns count from 1. */
export interface ConfigError {
  /** An absolute path, "-g" for the command line, undefined: no place. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** In UTF-16 units, as editors count. */
  readonly column: number | undefined;
  readonly directive: string | undefined;
  readonly wrong: string;
  readonly expected: string | undefined;
}

/** A problem of the directive at `path`, which the line will name. */
export function problemAt(
  path: Path,
  wrong: string,
  expected?: string,
): Problem {
  return { path, directive: directiveName(path), wrong, expected };
}

/** A problem whose text names its directive itself, as nginx's do. */
export function remarkAt(path: Path | undefined, wrong: string): Problem {
  return { path, directive: undefined, wrong, expected: undefined };
}

/** An error that has no place in a text. */
export function errorWithoutPlace(wrong: string): ConfigError {
  return {
    file: undefined,
    line: undefined,
    column: undefined,
    directive: undefined,
    wrong,
    expected: undefined,
  };
}

/** In the order of the texts; what has no place comes first. */
export function sortErrors(
  errors: readonly ConfigError[],
): readonly ConfigError[] {
  const rank = ({ file }: ConfigError): number =>
    file === undefined ? 0 : file === "-g" ? 1 : 2;
  return [...errors].sort((one, other) =>
    rank(one) - rank(other) ||
    (one.line ?? 0) - (other.line ?? 0) ||
    (one.column ?? 0) - (other.column ?? 0)
  );
}

/** One line: `/abs/procmgr.jsonc:3:5: pid: must be a path, got 5`. */
export function formatConfigError(error: ConfigError): string {
  const directive = error.directive === undefined ? "" : `${error.directive}: `;
  const text = error.expected === undefined
    ? error.wrong
    : `must be ${error.expected}, ${error.wrong}`;
  return `${formatPlace(error)}${directive}${text}`;
}

/** `file:line:column: `, or as much of it as is known. */
export function formatPlace(
  place: Pick<ConfigError, "file" | "line" | "column">,
): string {
  if (place.file === undefined) return "";
  if (place.line === undefined) return `${place.file}: `;
  return `${place.file}:${place.line}:${place.column}: `;
}

/**
 * What an operator calls the directive at a path: "listen.backlog" for
 * ["pools", "web", "listen", 0, "backlog"].
 */
export function directiveName(path: Path): string {
  const inPool = path[0] === "pools" && path.length > 2;
  return (inPool ? path.slice(2) : path)
    .filter((part) => typeof part === "string").join(".");
}

/** A value as it was written, at most 64 characters of it. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 64 ? `${text.slice(0, 61)}...` : text;
}

/**
 * The known name nearest to a mistyped one; undefined when none is near: more
 * than two edits away, or more than one in three letters.
 */
export function nearest(
  name: string,
  known: readonly string[],
): string | undefined {
  let best: string | undefined;
  let bestEdits = Math.min(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of known) {
    // A long name cannot be near, and must not cost quadratic time.
    if (Math.abs(candidate.length - name.length) >= bestEdits) continue;
    const edits = editDistance(name, candidate);
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

/** Levenshtein's distance, two swapped neighbours counted as one edit. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      let edits = Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + same,
      );
      const swapped = row > 1 && column > 1 &&
        from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) edits = Math.min(edits, (before[column - 2] ?? 0) + 1);
      current.push(edits);
    }
    [before, above] = [above, current];
  }
  return above[to.length] ?? 0;
}
