// deno-lint-ignore-file no-console
/**
 * Prints everything over a soft limit as a table, largest excess first:
 * `deno task tidy:report`. Nothing here fails; a review asks why.
 */

import { ROOTS } from "../architecture.ts";
import { measureSizes, type Oversize } from "./size_rule.ts";
import { readTree } from "./tree.ts";

/** The rows of a table, columns aligned. */
function align(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    `| ${
      row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")
    } |`
  );
}

function toRow(size: Oversize): string[] {
  const { path, line, name, what, count, soft, hard } = size;
  return [
    name === undefined ? path : `${path}:${line}`,
    name ?? "(file)",
    `${count} ${what}`,
    `${soft} / ${hard}`,
  ];
}

if (import.meta.main) {
  const sizes = measureSizes(readTree(ROOTS))
    .toSorted((a, b) => b.count / b.soft - a.count / a.soft);
  const head = ["where", "what", "size", "soft / hard"];
  const rule = ["---", "---", "---", "---"];
  for (const line of align([head, rule, ...sizes.map(toRow)])) {
    console.log(line);
  }
}
