/**
 * The app's own configuration: which `deno.json`, `deno.jsonc`, `package.json`
 * and `deno.lock` Deno will use for a module, and whether it is sure to take
 * them. Pure: reading is handed in. What they mean stays Deno's business.
 *
 * Deno looks in the module's folder and in each one above it, and takes
 * `deno.json` before `deno.jsonc`. It stops at nothing, because a folder above
 * may hold the workspace; so a broken file there counts as well. Source:
 * Deno 2.9.6, by experiment (tests/e2e/app_config_test.ts).
 */

import { folderOf } from "./path.ts";
import { parsePlain } from "./plain.ts";

/** What applies to an app, found when the configuration was loaded. */
export interface AppConfig {
  /** The nearest deno.json(c) or package.json, absolute. */
  readonly file: string;
  /**
   * Whether there may be a lock file. Without one a worker does not make one:
   * a server does not write into the folder it serves from.
   */
  readonly locked: boolean;
  /** Whether it gives names to modules: what a compiled procmgr cannot do. */
  readonly namesModules: boolean;
  /** Whether Deno is sure to accept all of it; else Deno is to be asked. */
  readonly plain: boolean;
}

/** The text of a file; null: there, but not readable; undefined: not there. */
export type ReadText = (path: string) => string | null | undefined;

/** A file that was found. */
interface Found {
  readonly path: string;
  readonly text: string | null;
}

/**
 * What applies to the module at `app`; undefined: nothing. When the nearest
 * deno.json is `own`, which is procmgr's, nothing applies either: what
 * procmgr imports is no business of an app in its folder.
 */
export function findAppConfig(
  app: string,
  { own, read }: { readonly own: string | undefined; readonly read: ReadText },
): AppConfig | undefined {
  const folders = foldersAbove(app);
  const find = (names: readonly string[]): readonly Found[] =>
    folders.flatMap((folder) => firstOf(folder, names, read));
  const configs = find(["deno.json", "deno.jsonc"]);
  const packages = find(["package.json"]);
  const file = nearest(configs[0], packages[0]);
  if (file === undefined) return undefined;
  if (own !== undefined && configs[0]?.path === own) return undefined;
  const settings = configs.map(({ text }) => parseConfig(text));
  const namedLock = settings.some((each) => each?.["lock"] !== undefined);
  const locks = locksBeside([...configs, ...packages], read);
  return {
    file,
    locked: namedLock || locks.length > 0,
    namesModules: packages.length > 0 || settings.some(namesModules),
    plain: settings.every(isPlainConfig) &&
      packages.every(({ text }) => isPlainPackage(parseJson(text))) &&
      locks.every(({ text }) => isPlainLock(parseJson(text))),
  };
}

/** A lock file lies beside the file that begins the workspace. */
function locksBeside(
  files: readonly Found[],
  read: ReadText,
): readonly Found[] {
  const folders = new Set(files.map(({ path }) => folderOf(path)));
  return [...folders].flatMap((folder) => firstOf(folder, ["deno.lock"], read));
}

/** The module's folder first, "/" last. */
function foldersAbove(app: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = app; folder !== "/";) {
    folder = folderOf(folder);
    folders.push(folder);
  }
  return folders;
}

function firstOf(
  folder: string,
  names: readonly string[],
  read: ReadText,
): readonly Found[] {
  for (const name of names) {
    const path = folder === "/" ? `/${name}` : `${folder}/${name}`;
    const text = read(path);
    if (text !== undefined) return [{ path, text }];
  }
  return [];
}

/** The deeper of the two; in one folder deno.json is what one looks at. */
function nearest(
  config: Found | undefined,
  pack: Found | undefined,
): string | undefined {
  if (config === undefined || pack === undefined) {
    return config?.path ?? pack?.path;
  }
  const isDeeper = folderOf(pack.path).length > folderOf(config.path).length;
  return isDeeper ? pack.path : config.path;
}

type Settings = Readonly<{ [name: string]: unknown }>;

/** undefined: no plain text, which Deno may still take. */
function parseConfig(text: string | null): Settings | undefined {
  if (text === null) return undefined;
  // An empty deno.json is an empty object.
  return text.trim() === "" ? {} : parsePlain(text);
}

function parseJson(text: string | null): Settings | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function namesModules(settings: Settings | undefined): boolean {
  return settings === undefined || "imports" in settings ||
    "importMap" in settings || "workspace" in settings;
}

/** Members that Deno takes whatever they hold, when it runs a module. */
const FREE_MEMBERS: readonly string[] = [
  "$schema",
  "bench",
  "compile",
  "exclude",
  "exports",
  "fmt",
  "license",
  "lint",
  "publish",
  "tasks",
  "test",
];

const NODE_MODULES: readonly unknown[] = ["auto", "manual", "none"];
const JSX: readonly unknown[] = ["react-jsx", "react-jsxdev"];

function isPlainConfig(settings: Settings | undefined): boolean {
  if (settings === undefined) return false;
  return Object.entries(settings).every(([name, value]) => {
    switch (name) {
      case "imports":
        return isObject(value) && Object.values(value).every(isString);
      case "scopes":
        return isObject(value) && Object.values(value).every(isObject);
      case "compilerOptions":
        return isObject(value) && isPlainCompilerOptions(value);
      case "nodeModulesDir":
        return NODE_MODULES.includes(value);
      case "lock":
        return typeof value === "boolean";
      case "name":
      case "version":
        return isString(value);
      default:
        return FREE_MEMBERS.includes(name);
    }
  });
}

/** Only those about JSX matter when nothing is type checked. */
function isPlainCompilerOptions(options: Settings): boolean {
  const { jsx, jsxImportSource: source } = options;
  const isUsual = JSX.includes(jsx) &&
    (source === undefined || isString(source));
  return Object.keys(options).every((name) => {
    const isAboutJsx = name.startsWith("jsx");
    const isKnown = name === "jsx" || name === "jsxImportSource";
    return !isAboutJsx || isKnown && isUsual;
  });
}

function isPlainPackage(settings: Settings | undefined): boolean {
  return settings !== undefined && !("workspaces" in settings);
}

const LOCK_VERSIONS: readonly unknown[] = ["3", "4", "5"];

function isPlainLock(lock: Settings | undefined): boolean {
  if (lock === undefined) return false;
  const { version, ...parts } = lock;
  return LOCK_VERSIONS.includes(version) &&
    Object.values(parts).every(isObject);
}

function isObject(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
