/**
 * A folder as a page: names with links, times and sizes. Nothing a file is
 * called can become markup, and the page may load nothing. Pure.
 * Source: nginx src/http/modules/ngx_http_autoindex_module.c.
 */

import { toCivilTime } from "../base/civil_time.ts";

/** One name in the folder. */
export interface ListedEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number;
  readonly mtimeMs: number;
}

/** The page's own defence, should its escaping ever fail. */
export const LISTING_HEADERS: readonly string[] = [
  "content-type",
  "text/html; charset=utf-8",
  "content-security-policy",
  "default-src 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options",
  "nosniff",
];

/** More names are counted, not shown. */
const ENTRIES_MAX = 10_000;

/** The page of `path`, which is decoded; folders come first. */
export function renderListing(
  path: string,
  entries: readonly ListedEntry[],
): string {
  const title = escapeHtml(`Index of ${path}/`);
  const shown = [...entries].sort(compare).slice(0, ENTRIES_MAX);
  const rows = shown.map(renderEntry);
  if (path !== "") rows.unshift('<a href="../">../</a>');
  const hidden = entries.length - shown.length;
  if (hidden > 0) rows.push(`... and ${hidden} more`);
  return `<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">` +
    `<title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n` +
    `<hr><pre>${rows.join("\n")}\n</pre><hr>\n</body>\n</html>\n`;
}

function compare(left: ListedEntry, right: ListedEntry): number {
  if (left.isFolder !== right.isFolder) return left.isFolder ? -1 : 1;
  return left.name < right.name ? -1 : left.name === right.name ? 0 : 1;
}

function renderEntry(
  { name, isFolder, size, mtimeMs }: ListedEntry,
): string {
  const shown = isFolder ? `${name}/` : name;
  // Behind "./", no name is taken for a scheme.
  const href = `./${encodeURIComponent(name.toWellFormed())}`;
  const link = `<a href="${escapeHtml(href)}${isFolder ? "/" : ""}">` +
    `${escapeHtml(shown)}</a>`;
  const space = " ".repeat(Math.max(1, 51 - shown.length));
  const bytes = isFolder ? "-" : String(size);
  return `${link}${space}${printTime(mtimeMs)}${bytes.padStart(20)}`;
}

function printTime(timeMs: number): string {
  const { year, month, day, hour, minute } = toCivilTime(timeMs);
  const [date, clock] = [[month, day], [hour, minute]].map((parts) =>
    parts.map((part) => String(part).padStart(2, "0"))
  );
  return `${year}-${date?.join("-")} ${clock?.join(":")}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
