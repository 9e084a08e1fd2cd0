/**
 * docs/differences.md: its tables are made of the lists and of what the
 * scenarios say is right, so that it cannot say anything the suite does not
 * check. `deno task test:diff --page` writes it; tests/docs_test.ts compares.
 */

import { alignedTable, replaceTable } from "../../tools/schema.ts";
import { DIVERGENCES, UNSHOWN, WORDINGS } from "./divergence.ts";
import type { Divergence } from "./judge.ts";
import { SCENARIOS } from "./scenarios.ts";

/** The page, from the root of the project. */
export const PAGE_FILE = "docs/differences.md";

/** The page with its tables as they should be. */
export function pageText(page: string): string {
  const tables: readonly (readonly [string, string])[] = [
    ["weaknesses", weaknesses()],
    ["differences", differences()],
    ["wordings", wordings()],
    ["lines", lines()],
    ["scenarios", scenarios()],
  ];
  return tables.reduce(
    (text, [name, rows]) => replaceTable(text, name, rows),
    page,
  );
}

function weaknesses(): string {
  const shown = SCENARIOS.flatMap(({ name, right = [] }) =>
    right.map(({ weakness, why }) => ({ weakness, why, name }))
  );
  const unshown = UNSHOWN.map(({ weakness, reason }) => ({
    weakness,
    why: reason,
    name: "",
  }));
  const rows = [...shown, ...unshown]
    .sort((one, other) => orderOf(one.weakness) - orderOf(other.weakness))
    .map(({ weakness, why, name }) => [weakness, why, name]);
  return aligned(["", "nginx", "scenario that fails on nginx"], rows);
}

/** W9b comes after W9. */
function orderOf(weakness: string): number {
  const number = Number(/\d+/.exec(weakness)?.[0]);
  return weakness.endsWith("b") ? number + 0.5 : number;
}

function differences(): string {
  const rows = DIVERGENCES
    .filter((row) => row.scenario !== undefined && !isLine(row))
    .map(({ scenario = "", fact, nginx, procmgr, reason }) => [
      scenario,
      textOf(fact),
      nginx,
      procmgr,
      reason,
    ]);
  return aligned(["scenario", "fact", "nginx", "procmgr", "why"], rows);
}

function wordings(): string {
  const rows = WORDINGS.map(({ nginx, procmgr, reason }) => [
    code(nginx.source),
    code(procmgr),
    reason,
  ]);
  return aligned(["nginx says", "procmgr says", "why"], rows);
}

function lines(): string {
  const rows = DIVERGENCES.filter(isLine).map((row) => [
    code(textOf(row.fact).replace(/^\^?log: /, "")),
    row.nginx === "said" ? "nginx" : "procmgr",
    row.reason,
    row.scenario ?? "any",
  ]);
  return aligned(["line", "said by", "why", "scenario"], rows);
}

function scenarios(): string {
  const rows = SCENARIOS.map(({ name, right = [] }) => [
    name,
    [...new Set(right.map(({ weakness }) => weakness))].join(", "),
  ]);
  return aligned(["scenario", "better in"], rows);
}

function isLine({ nginx, procmgr }: Divergence): boolean {
  return [nginx, procmgr].includes("silent");
}

function textOf(fact: string | RegExp): string {
  return typeof fact === "string" ? fact : fact.source;
}

function code(text: string): string {
  return `\`${text.trim()}\``;
}

function aligned(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return alignedTable(
    head,
    rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|"))),
  );
}
