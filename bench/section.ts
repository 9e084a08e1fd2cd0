/**
 * The result of one measure: a table, notes, and the limits it decides.
 * Data and its text; pure.
 */

import { formatTable } from "./table.ts";

/** Whether a limit holds; undefined means that it could not be measured. */
export interface Limit {
  readonly name: string;
  readonly holds: boolean | undefined;
  /** The numbers it was decided by. */
  readonly detail: string;
}

/** What one measure found. */
export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  readonly limits: readonly Limit[];
  /** The raw numbers, for the JSON. */
  readonly data: unknown;
}

/** A section as it is printed. */
export function formatSection(section: Section): string {
  const notes = section.notes.map((note) => `  ${note}\n`).join("");
  return `\n${section.title}\n\n${
    formatTable(section.head, section.rows)
  }${notes}`;
}

/** `PASS  name: numbers`, one line per limit. */
export function formatLimits(limits: readonly Limit[]): string {
  return limits.map((limit) => {
    const verdict = limit.holds === undefined
      ? "SKIP"
      : limit.holds
      ? "PASS"
      : "FAIL";
    return `${verdict}  ${limit.name}: ${limit.detail}\n`;
  }).join("");
}

/**
 * A limit that needs two numbers, of which NaN is one that was not measured:
 * without ours the limit is broken, without the other's it is left open.
 */
export function compareLimit(
  name: string,
  options: {
    readonly ours: number;
    readonly theirs: number;
    readonly holds: (ours: number, theirs: number) => boolean;
    readonly detail: string;
  },
): Limit {
  const { ours, theirs, holds, detail } = options;
  if (Number.isNaN(ours)) {
    return { name, holds: false, detail: `not measured (${detail})` };
  }
  return {
    name,
    holds: Number.isNaN(theirs) ? undefined : holds(ours, theirs),
    detail,
  };
}
