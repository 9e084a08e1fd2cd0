/**
 * What a failed import of an app looks like in one log line.
 *
 * Errors are told apart by their message: the runtime gives a syntax error, a
 * missing file and a missing permission the same class and code. Source: Deno
 * 2.9.6, by experiment (tests/e2e/worker_app_test.ts).
 */

import { describeFailure, toPlace } from "./failure.ts";

/** The module that was imported. */
export interface ImportedModule {
  /** Absolute. */
  readonly path: string;
  readonly url: string;
}

/** Deno's cache as this process found it; an app may not see DENO_DIR. */
const CACHE = cacheFolder();

/** Where packages are, as Deno looks for it. */
function cacheFolder(): string | undefined {
  const { DENO_DIR, XDG_CACHE_HOME, HOME } = Deno.env.toObject();
  if (DENO_DIR) return DENO_DIR;
  if (XDG_CACHE_HOME) return `${XDG_CACHE_HOME}/deno`;
  return HOME ? `${HOME}/.cache/deno` : undefined;
}

/** One line for a failed import. */
export function explainImport(
  error: unknown,
  { path, url }: ImportedModule,
): string {
  if (!(error instanceof Error)) return explainThrown(error, path);
  const { message } = error;
  const syntax = /^SyntaxError: (?<what>[^\n]*)/.exec(message)?.groups;
  if (syntax?.["what"] !== undefined) {
    const place = /at (file:\/\/\/\S+:\d+:\d+)/.exec(message)?.[1];
    return explainSyntax(syntax["what"], place ?? url, path);
  }
  if (message.startsWith("Module not found")) {
    return explainMissing(message, path, url);
  }
  const code = Reflect.get(error, "code");
  if (code === "ERR_MODULE_NOT_FOUND") {
    return `app "${path}" cannot be imported: ${toOneLine(message)}` +
      remarkOn(message);
  }
  return explainThrown(error, path);
}

function explainSyntax(what: string, frame: string, path: string): string {
  return `app "${path}" has a syntax error: ${what} at ${toPlace(frame)}`;
}

/** The app itself, or something that it imports. */
function explainMissing(message: string, path: string, url: string): string {
  const missing = /^Module not found "([^"]*)"/.exec(message)?.[1] ?? "";
  if (missing === url) return `app "${path}" not found`;
  const importer = /at (file:\/\/\/\S+:\d+:\d+)/.exec(message)?.[1];
  const place = importer === undefined ? "" : ` at ${toPlace(importer)}`;
  return `app "${path}" imports "${toPlace(missing)}", which is not ` +
    `found${place}`;
}

function explainThrown(error: unknown, path: string): string {
  return `app "${path}" failed to start: ${describeFailure(error)}`;
}

/** What the message leaves out, and an operator has to know. */
function remarkOn(message: string): string {
  if (/Permission denied|os error 13/.test(message)) return remarkOnCache();
  if (Deno.build.standalone && /not a dependency/.test(message)) {
    return "; a compiled procmgr applies no deno.json, use full names, " +
      'as in "npm:hono@4"';
  }
  return "";
}

/** A worker that has given up root has root's cache before it, as a rule. */
function remarkOnCache(): string {
  if (CACHE === undefined) return "";
  const who = `user ${Deno.uid()}`;
  try {
    Deno.readDirSync(`${CACHE}/npm`)[Symbol.iterator]().next();
    return `; ${who} reads packages from "${CACHE}", and what is not there ` +
      `has to be put there before: deno install`;
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) return "";
    return `; ${who} cannot read Deno's cache, "${CACHE}": set DENO_DIR to ` +
      "a folder that it can read";
  }
}

function toOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
