/**
 * Text tables for a terminal: first column to the left, the rest to the right.
 *
 * Pure. A number is written with as many digits as it deserves and no more;
 * what could not be measured is a dash.
 */

/** Lays out rows under a head; every row may be shorter than the head. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length))
  );
  const line = (cells: readonly string[]) =>
    widths.map((width, column) => {
      const cell = cells[column] ?? "";
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(head), rule, ...rows.map(line)].join("\n") + "\n";
}

/** Three significant digits at most, no exponent; a dash for NaN. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) {
    return "-";
  }
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value)
    ? 0
    : size >= 10
    ? 1
    : 2;
  return value.toFixed(digits);
}

/** `12.3 ms`, `4.2 s` from ten seconds on; a dash for NaN. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) {
    return "-";
  }
  return ms >= 10_000
    ? `${formatNumber(ms / 1000)} s`
    : `${formatNumber(ms)} ms`;
}

/** Mebibytes with one digit; a dash for NaN. */
export function formatMiB(bytes: number): string {
  return Number.isFinite(bytes)
    ? `${(bytes / 1024 / 1024).toFixed(1)} MiB`
    : "-";
}
