/**
 * Writes src/http/media_types.json, the table of media types by extension,
 * from the npm package mime, which derives it from IANA's, Apache's and
 * nginx's tables (MIT license). The program itself loads no package for it.
 * `--check` compares; tests/docs_test.ts does so each time.
 */

import { parseArgs } from "@std/cli/parse-args";
import other from "mime/types/other.js";
import standard from "mime/types/standard.js";

const FILE = new URL("../src/http/media_types.json", import.meta.url);

/** Types by name, each with the extensions whose first choice it is. */
export function tableText(): string {
  const table = new Map<string, string>();
  const taken = new Set<string>();
  // What is registered wins over what is somebody's own.
  for (const [type, extensions] of sorted({ ...standard }, { ...other })) {
    const own = extensions.filter((one) =>
      !one.startsWith("*") && !taken.has(one)
    );
    for (const extension of own) taken.add(extension);
    if (own.length > 0) table.set(type, own.sort().join(" "));
  }
  const lines = [...table].sort(([left], [right]) => left < right ? -1 : 1);
  return `${JSON.stringify(Object.fromEntries(lines), undefined, 2)}\n`;
}

type Table = Readonly<Record<string, readonly string[]>>;

function sorted(...tables: readonly Table[]): [string, readonly string[]][] {
  return tables.flatMap((table) => Object.entries(table));
}

async function main(args: readonly string[]): Promise<number> {
  const { check } = parseArgs([...args], { boolean: ["check"] });
  const text = tableText();
  if (!check) await Deno.writeTextFile(FILE, text);
  return check && await Deno.readTextFile(FILE) !== text ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
