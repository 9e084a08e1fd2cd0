/**
 * The rules about imports: the table of layers, parts of roles, packages,
 * cycles, dead files, and that every test is in a suite.
 */

import {
  ENTRIES,
  FREE_IMPORTS,
  LAYERS,
  PACKAGES,
  ROLE_PARTS,
  ROLES,
  SUITES,
  TEST_PARTS,
} from "../architecture.ts";
import { type Finding, isIn, isTest, type SourceFile } from "./tree.ts";

/** Imports follow the table. */
export function checkLayers(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, imports } of files) {
    const layer = LAYERS.find((row) => isIn(path, [row.of]));
    if (layer === undefined) continue;
    const tests = isTest(path) ? TEST_PARTS : [];
    const may = ["src/base/", folderOf(path), ...layer.may, ...tests];
    for (const { target, line } of imports) {
      if (target === undefined || isIn(target, may)) continue;
      const text = `importing ${target} is banned here, ` +
        `use ${["src/base/", ...layer.may].join(", ")} or your own folder`;
      findings.push({ path, line, text });
    }
  }
  return findings;
}

/** Roles import shared parts and their own, never each other. */
export function checkRoles(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, imports } of files) {
    if (!path.startsWith("src/role/") || isTest(path)) continue;
    const role = ROLES.find((name) => nameOf(path).startsWith(name));
    for (const { target, line } of imports) {
      if (!target?.startsWith("src/role/")) continue;
      if (ROLE_PARTS.includes(target)) continue;
      if (role && nameOf(target).startsWith(`${role}_`)) continue;
      const text = `importing ${target} is banned here, use a shared part ` +
        `(${ROLE_PARTS.map(nameOf).join(", ")}) or ${role ?? "<role>"}_*.ts`;
      findings.push({ path, line, text });
    }
  }
  return findings;
}

/** Packages are few, and each has its place. */
export function checkPackages(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, imports } of files) {
    if (isIn(path, FREE_IMPORTS)) continue;
    for (const { specifier, target, line } of imports) {
      if (target !== undefined) continue;
      const row = PACKAGES.find(({ name }) =>
        specifier === name || specifier.startsWith(`${name}/`) ||
        (name.endsWith(":") && specifier.startsWith(name))
      );
      const isAssert = row?.name === "@std/assert" && isTest(path);
      if (row !== undefined && (isAssert || isIn(path, row.may))) continue;
      const places = row?.may.join(", ") ?? "one of PACKAGES";
      const text = `importing ${specifier} is banned here, use ${places}`;
      findings.push({ path, line, text });
    }
  }
  return findings;
}

/** No file imports itself, directly or not; types count. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const findings: Finding[] = [];

  function visit(file: SourceFile, trail: readonly string[]): void {
    const start = trail.indexOf(file.path);
    if (start >= 0) {
      const cycle = [...trail.slice(start), file.path].join(" > ");
      const text = `a cycle is banned, move what both need: ${cycle}`;
      findings.push({ path: file.path, line: 1, text });
      return;
    }
    if (done.has(file.path)) return;
    for (const { target } of file.imports) {
      const next = byPath.get(target ?? "");
      if (next !== undefined) visit(next, [...trail, file.path]);
    }
    done.add(file.path);
  }

  for (const file of files) visit(file, []);
  return findings;
}

/** Every file of src/ is reached from an entry; silent until main.ts is. */
export function checkDead(files: readonly SourceFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  if (!byPath.has("main.ts")) return [];
  const reached = new Set<string>();
  const pending = ENTRIES.filter((path) => byPath.has(path));
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined) pending.push(target);
    }
  }
  return files
    .filter(({ path }) => path.startsWith("src/") && !isTest(path))
    .filter(({ path }) => !reached.has(path))
    .map(({ path }) => ({
      path,
      line: 1,
      text: `a dead file is banned, import it from ${ENTRIES[0]} on or remove`,
    }));
}

/** Every test file runs in a suite. */
export function checkSuites(files: readonly SourceFile[]): Finding[] {
  const places = SUITES.flatMap(({ paths }) => paths);
  return files
    .filter(({ path }) => isTest(path) && !isIn(path, places))
    .map(({ path }) => ({
      path,
      line: 1,
      text: `a test outside the suites is never run, use ${places.join(", ")}`,
    }));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1) || path;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
