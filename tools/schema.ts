/**
 * `deno task schema`: writes what is generated from the one schema of the
 * configuration, the JSON Schema for editors and the tables of the reference
 * page. `--check` writes nothing and exits 1 when either is stale.
 */

import { parseArgs } from "@std/cli/parse-args";
import { toJsonSchema } from "@valibot/to-json-schema";
import type { About } from "../src/config/directive.ts";
import { aboutOf } from "../src/config/directive.ts";
import type { Context } from "../src/config/schema.ts";
import {
  ACCESS_LOG,
  CACHE_ZONE,
  ERROR_LOG,
  LISTEN,
  MAIN,
  MAIN_SCHEMA,
  POOL,
  RESPONSE_CACHE,
  STATIC,
} from "../src/config/schema.ts";

const ROOT = new URL("../", import.meta.url);

/** The generated files, from the root of the project. */
export const SCHEMA_FILE = "procmgr.schema.json";
/** The page whose tables are generated; its prose is written by hand. */
export const REFERENCE_FILE = "docs/configuration.md";

/** The text of the JSON Schema. */
export function schemaText(): string {
  const schema = toJsonSchema(MAIN_SCHEMA, {
    target: "draft-07",
    typeMode: "input",
    // What a pattern cannot say is left to the program's own check.
    ignoreActions: ["check"],
  });
  const { $schema, ...rest } = withoutExpected(schema) as {
    readonly $schema: string;
  };
  const head = {
    $schema,
    title: "procmgr.jsonc",
    description: "The configuration of procmgr.",
    allowTrailingCommas: true,
  };
  return `${JSON.stringify({ ...head, ...rest }, null, 2)}\n`;
}

/** The page with its tables as they should be. */
export function referenceText(page: string): string {
  const main = mainOnly();
  const tables: readonly [string, string][] = [
    ["worker", table(POOL.known)],
    ["main", table(main)],
    ["listen", table(LISTEN.known)],
    ["error_log", table(ERROR_LOG.known)],
    ["static", table(STATIC.known)],
    ["access_log", table(ACCESS_LOG.known)],
    ["response_cache", table(RESPONSE_CACHE.known)],
    ["cache", table(CACHE_ZONE.known)],
  ];
  return tables.reduce(
    (text, [name, rows]) => replaceTable(text, name, rows),
    page,
  );
}

function mainOnly(): Context["known"] {
  return Object.fromEntries(
    Object.entries(MAIN.known).filter(([name]) => !(name in POOL.known)),
  );
}

/** `expected` is for the program's own messages. */
function withoutExpected(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExpected);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "expected")
      .map(([name, inner]) => [name, withoutExpected(inner)]),
  );
}

function table(known: Context["known"]): string {
  const rows = Object.entries(known).map(([name, schema]) => {
    const about = aboutOf(schema);
    return [`\`${name}\``, about.expected, defaultOf(about), about.doc]
      .map((cell) => cell.replaceAll("|", "\\|"));
  });
  return alignedTable(["directive", "value", "default", "meaning"], rows);
}

/** As `deno fmt` would have it, so that the page passes both checks. */
export function alignedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map(lengthOf))
  );
  const dashes = widths.map((width) => "-".repeat(width));
  return [head, dashes, ...rows].map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return `| ${cells.join(" | ")} |`;
  }).join("\n");
}

function lengthOf(text: string): number {
  return text.length;
}

function defaultOf({ default: value }: About): string {
  return value === undefined ? "" : `\`${JSON.stringify(value)}\``;
}

/** The text between `<!-- table name -->` and `<!-- end -->`. */
export function replaceTable(page: string, name: string, rows: string): string {
  const start = `<!-- table ${name} -->`;
  const from = page.indexOf(start);
  const end = page.indexOf("<!-- end -->", from);
  if (from === -1 || end === -1) {
    throw new Error(`Cannot find the table: "${start}"`);
  }
  const head = page.slice(0, from + start.length);
  return `${head}\n\n${rows}\n\n${page.slice(end)}`;
}

async function readOrNothing(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(new URL(file, ROOT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function main(args: readonly string[]): Promise<number> {
  const { check } = parseArgs(args, { boolean: ["check"] });
  const page = await readOrNothing(REFERENCE_FILE);
  const wanted: readonly [string, string][] = [
    [SCHEMA_FILE, schemaText()],
    [REFERENCE_FILE, referenceText(page)],
  ];
  let stale = 0;
  for (const [file, text] of wanted) {
    if (await readOrNothing(file) === text) continue;
    stale++;
    if (check) say(`${file} is stale: run deno task schema`);
    else await Deno.writeTextFile(new URL(file, ROOT), text);
  }
  return check && stale > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
