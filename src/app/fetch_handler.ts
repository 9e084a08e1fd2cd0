/**
 * A user's module as an app: import it, find its fetch function and its hooks,
 * and say in one line what is wrong when that cannot be.
 */

import type { AppContext, RequestInfo } from "./app.ts";
import { explainImport } from "./import_error.ts";

/** An app that was loaded. */
export interface LoadedApp {
  /** May return anything, or throw: it is the user's. */
  readonly fetch: (request: Request, info: RequestInfo) => unknown;
  /** Call a hook if there is one; rejects with what the hook throws. */
  readonly init: (context: AppContext) => Promise<void>;
  /** Call the hook if there is one; throws what the hook throws. */
  readonly onListen: (address: Deno.Addr) => void;
  readonly shutdown: (context: AppContext) => Promise<void>;
}

/** The app, or one line that says why there is none. */
export type Loading =
  | { readonly ok: true; readonly app: LoadedApp }
  | { readonly ok: false; readonly reason: string };

/**
 * Import the module at `path`, which is absolute. A `query` makes it a module
 * of its own, read again; what it imports is as it was.
 */
export async function loadApp(path: string, query = ""): Promise<Loading> {
  const url = `${toFileUrl(path)}${query}`;
  let module: { readonly default?: unknown };
  try {
    module = await import(url);
  } catch (error) {
    return { ok: false, reason: explainImport(error, { path, url }) };
  }
  return toApp(module, path);
}

/** A file URL; `#`, `?` and `%` are characters of the path. */
function toFileUrl(path: string): string {
  const escaped = path.replace(/[%?#\\\s]/g, encodeURIComponent);
  return new URL(`file://${escaped}`).href;
}

function toApp(
  module: { readonly default?: unknown },
  path: string,
): Loading {
  const exported = module.default;
  if (hasOddHook(exported)) {
    const reason = `app "${path}" must export an onListen that is a function`;
    return { ok: false, reason };
  }
  if (typeof exported === "function" && !isClass(exported)) {
    const fetch = exported as LoadedApp["fetch"];
    return { ok: true, app: { fetch, ...hooksOf(exported) } };
  }
  if (isObject(exported) && typeof exported["fetch"] === "function") {
    const app = exported as { readonly fetch: LoadedApp["fetch"] };
    // Looked up on each call, with its `this`: apps replace it (routers do).
    const fetch: LoadedApp["fetch"] = (request, info) =>
      app.fetch(request, info);
    return { ok: true, app: { fetch, ...hooksOf(exported) } };
  }
  const reason = `app "${path}" must export default { fetch } or a default ` +
    `function, ${describeExport(module)}`;
  return { ok: false, reason };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** `export default class` is not a function one may call. */
function isClass(value: unknown): boolean {
  if (typeof value !== "function") return false;
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function describeExport(module: { readonly default?: unknown }): string {
  if (!("default" in module)) return "got no default export";
  const exported = module.default;
  if (exported === null) return "got default null";
  if (isObject(exported)) return "got default object without fetch";
  return isClass(exported)
    ? "got default class"
    : `got default ${typeof exported}`;
}

/** Deno refuses it, too. */
function hasOddHook(exported: unknown): boolean {
  if (!isObject(exported)) return false;
  const hook = exported["onListen"];
  return hook !== undefined && typeof hook !== "function";
}

function hooksOf(exported: object): Omit<LoadedApp, "fetch"> {
  return {
    onListen: (address) => {
      const hook: unknown = Reflect.get(exported, "onListen");
      if (typeof hook === "function") Reflect.apply(hook, exported, [address]);
    },
    init: (context) => callHook(exported, "init", context),
    shutdown: (context) => callHook(exported, "shutdown", context),
  };
}

async function callHook(
  exported: object,
  name: "init" | "shutdown",
  context: AppContext,
): Promise<void> {
  const hook: unknown = Reflect.get(exported, name);
  if (typeof hook !== "function") return;
  await Reflect.apply(hook, exported, [context]);
}
