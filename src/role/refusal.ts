/**
 * What is said about an app's own deno.json and the like when they cannot be
 * used: Deno's message in one line, and what a compiled procmgr cannot do.
 * Pure. Source of the messages: Deno 2.9.6, by experiment.
 */

import type { PoolConfig } from "../config/config.ts";

/** What is known of the app. */
type Pool = Pick<PoolConfig, "appConfig" | "worker">;

/** Deno's "error: …" with its causes, in one line that names the file. */
export function explainRefusal(
  stderr: string,
  { appConfig, worker: { app } }: Pool,
): string {
  const said = /^error: (?<what>[\s\S]*)/m.exec(stderr)?.groups?.["what"];
  const text = said === undefined ? "no reason given" : toOneLine(said);
  const file = appConfig?.file ?? "";
  const place = text.includes("/") ? "" : `"${file}": `;
  return `app "${app}" cannot be run, Deno refuses its configuration: ` +
    `${place}${text}`;
}

function toOneLine(text: string): string {
  const lines = (text.split(/\n\s*Stack backtrace:/, 1)[0] ?? "")
    .replace(/\bfile:\/\//g, "")
    .split("\n")
    .map((line) => line.trim().replace(/^\d+: /, ""))
    .filter((line) => line !== "" && line !== "Caused by:");
  return lines.map((line) => line.replace(/[.:]$/, "")).join(": ");
}

/** What an operator of a single process should know; empty: nothing. */
export function singleWarning({ appConfig, worker: { app } }: Pool): string {
  if (appConfig === undefined) return "";
  const warning = `app "${app}": "${appConfig.file}" is not applied by a ` +
    'single process ("master_process" is false)';
  if (!appConfig.namesModules) return warning;
  return `${warning}: the app must import packages by their full names, ` +
    'as in "npm:hono@4", or have worker processes';
}

/** What an operator of a compiled procmgr should know; empty: nothing. */
export function compiledWarning(
  { appConfig, worker: { app } }: Pool,
): string {
  if (appConfig?.namesModules !== true) return "";
  return `app "${app}": "${appConfig.file}" is not applied by a compiled ` +
    `procmgr: the app must import packages by their full names, as in ` +
    `"npm:hono@4", or procmgr must run from source`;
}
