/**
 * What a pool serves: an app or a folder. The nearest one counts: what the
 * pool itself has, what the top of the file has, what the command line named.
 * Two in one place are one too many.
 */

import type { StaticConfig } from "./config.ts";
import type { Path, Problem } from "./error.ts";
import { remarkAt } from "./error.ts";
import { resolvePath } from "./path.ts";
import type { PoolSettings, Settings } from "./schema.ts";
import { resolveStatic } from "./static.ts";

/** What is asked of the machine. */
export interface ServeMachine {
  /** Why a module cannot be served, in one line; undefined: it can. */
  appProblem(path: string): string | undefined;
  /** Why a folder's files cannot be served; undefined: they can. */
  folderProblem(path: string): string | undefined;
  isFolder(path: string): boolean;
}

/** What it is decided from, and where what is wrong is put. */
export interface ServeScope {
  /** The top of the file. */
  readonly settings: Settings;
  readonly pool: PoolSettings;
  readonly origin: {
    /** Absolute. */
    readonly prefix: string;
    /** The app or folder on the command line, absolute. */
    readonly app: string | undefined;
    /** False when a broken `app` was taken out: do not ask for one. */
    readonly appRequired: boolean;
  };
  readonly machine: ServeMachine;
  readonly found: { readonly problems: Problem[] };
}

/** A module, or a folder with how to serve it. */
export interface Served {
  /** Absolute; "" when there is none. */
  readonly app: string;
  readonly static: StaticConfig | undefined;
}

const NOTHING: Served = { app: "", static: undefined };

/** Decide what the pool `name` serves. */
export function servedOf(name: string, scope: ServeScope): Served {
  const { pool, settings, origin } = scope;
  return servedBy(pool, ["pools", name], scope) ??
    servedBy(settings, [], scope) ??
    (origin.app === undefined ? undefined : fromArgument(origin.app, scope)) ??
    nothing(name, scope);
}

function servedBy(
  { app, static: folder }: PoolSettings,
  path: Path,
  { origin, machine, found }: ServeScope,
): Served | undefined {
  if (app !== undefined && folder !== undefined) {
    const wrong = '"static" and "app" exclude each other';
    found.problems.push(remarkAt([...path, "static"], wrong));
    return NOTHING;
  }
  if (app !== undefined) {
    const module = resolvePath(origin.prefix, app);
    const wrong = machine.appProblem(module);
    if (wrong !== undefined) {
      found.problems.push(remarkAt([...path, "app"], wrong));
    }
    return { app: module, static: undefined };
  }
  if (folder === undefined) return undefined;
  const site = resolveStatic(folder, origin.prefix);
  const wrong = machine.folderProblem(site.root);
  if (wrong !== undefined) {
    const place = typeof folder === "string" ? ["static"] : ["static", "root"];
    found.problems.push(remarkAt([...path, ...place], wrong));
  }
  return { app: site.root, static: site };
}

/** What is on the command line has no place in any text. */
function fromArgument(
  path: string,
  { machine, found }: ServeScope,
): Served {
  const isFolder = machine.isFolder(path);
  const wrong = isFolder
    ? machine.folderProblem(path)
    : machine.appProblem(path);
  if (wrong !== undefined) found.problems.push(remarkAt(undefined, wrong));
  return {
    app: path,
    static: isFolder ? resolveStatic(path, "/") : undefined,
  };
}

function nothing(
  name: string,
  { settings, origin, found }: ServeScope,
): Served {
  if (!origin.appRequired) return NOTHING;
  const remark = settings.pools === undefined
    ? remarkAt(
      [],
      'no app: name a file or a folder, as in "procmgr server.ts", or set ' +
        '"app" or "static"',
    )
    : remarkAt(
      ["pools", name],
      `pool "${name}" has no app: set "app" or "static"`,
    );
  found.problems.push(remark);
  return NOTHING;
}
