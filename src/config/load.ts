/**
 * The configuration from the disk and the command line: finds the file, asks
 * the machine what `resolve.ts` must know, and puts errors in order. Nothing
 * is kept between two calls: a reload is a second call.
 *
 * The parser and the schema library are imported only when there is a text: a
 * start without a configuration does not pay for them.
 */

import type { Result } from "../base/system_error.ts";
import { failure, formatSystemError, success } from "../base/system_error.ts";
import { readCertificate } from "../os/certificate.ts";
import { allowedCpus, usableCpus } from "../os/cpu.ts";
import { effectiveUid, lookUpGroup, lookUpUser } from "../os/credential.ts";
import { fromDenoError } from "../os/errno.ts";
import { findAppConfig } from "./app_config.ts";
import type { Config } from "./config.ts";
import type { ConfigError, Problem } from "./error.ts";
import { errorWithoutPlace, formatConfigError, sortErrors } from "./error.ts";
import type { Parsed } from "./parse.ts";
import { folderOf, resolvePath } from "./path.ts";
import { parsePlain } from "./plain.ts";
import type { Machine } from "./pool.ts";
import { resolveConfig } from "./resolve.ts";

/** Where a configuration comes from: the command line, as it was given. */
export interface ConfigSource {
  /** `-c`; relative to the prefix if there is one, else to `cwd`. */
  readonly configPath?: string | undefined;
  /** `-p`, relative to `cwd`. */
  readonly prefix?: string | undefined;
  /** Absolute. */
  readonly cwd: string;
  /** `-g`. */
  readonly globals?: string | undefined;
  /** `-e`, relative to the prefix; for a configuration without error_log. */
  readonly errorLogPath?: string | undefined;
  /** The positional argument, relative to `cwd`. */
  readonly app?: string | undefined;
  /** false: an app need not be named, only the pid file is asked for. */
  readonly appRequired?: boolean;
}

/** A configuration, or everything that is wrong, in the order of the text. */
export type Loaded =
  | {
    readonly ok: true;
    readonly config: Config;
    /** The file's text; undefined: there is no file. */
    readonly text: string | undefined;
  }
  | { readonly ok: false; readonly errors: readonly ConfigError[] };

/** The file that is found by itself in the prefix. */
export const CONFIG_NAME = "procmgr.jsonc";

/** Longer texts are refused before they are read: 4 MiB of UTF-8. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;

/** Without a text there is nothing to be wrong in it. */
const NOTHING: Parsed = {
  settings: {},
  appRequired: true,
  errors: [],
  usable: true,
  locate: ({ path: _, ...what }: Problem) => ({
    ...errorWithoutPlace(what.wrong),
    ...what,
  }),
};

/** Load the configuration; never rejects for anything an operator can do. */
export async function loadConfig(
  source: ConfigSource,
  machine: Machine = thisMachine(),
): Promise<Loaded> {
  const found = findFile(source);
  if (!found.ok) return refuse(found.wrong);
  const plain = await parseShort(found.file, source.globals);
  const short = plain && resolve(plain, found, { source, machine });
  // Something is to be said about the text, so its places are needed.
  if (short?.ok && short.config.warnings.length === 0) return short;
  const parsed = await parse(found.file, source.globals);
  if (!parsed.usable) return { ok: false, errors: sortErrors(parsed.errors) };
  return resolve(parsed, found, { source, machine });
}

function resolve(
  parsed: Parsed,
  { file, prefix }: Extract<Found, { readonly ok: true }>,
  { source, machine }: {
    readonly source: ConfigSource;
    readonly machine: Machine;
  },
): Loaded {
  const { config, problems, warnings } = resolveConfig(parsed.settings, {
    file: file?.path,
    prefix,
    app: source.app === undefined
      ? undefined
      : resolvePath(source.cwd, source.app),
    errorLogPath: source.errorLogPath,
    appRequired: parsed.appRequired && source.appRequired !== false,
  }, machine);
  const errors = [...parsed.errors, ...problems.map(parsed.locate)];
  if (errors.length > 0) return { ok: false, errors: sortErrors(errors) };
  const said = sortErrors(warnings.map(parsed.locate)).map(formatConfigError);
  return { ok: true, config: { ...config, warnings: said }, text: file?.text };
}

/** A file that was read. */
interface ReadFile {
  readonly path: string;
  readonly text: string;
}

type Found =
  | {
    readonly ok: true;
    readonly file: ReadFile | undefined;
    readonly prefix: string;
  }
  | { readonly ok: false; readonly wrong: string };

/** The file that was named must be there; the one found by itself need not. */
function findFile({ configPath, prefix, cwd }: ConfigSource): Found {
  const given = prefix === undefined ? undefined : resolvePath(cwd, prefix);
  const folder = given ?? cwd;
  const path = resolvePath(folder, configPath ?? CONFIG_NAME);
  const read = readConfig(path);
  if (read.ok) {
    if ("unfit" in read.value) {
      return { ok: false, wrong: `"${path}" ${read.value.unfit}` };
    }
    const file = { path, text: read.value.text };
    return { ok: true, file, prefix: given ?? folderOf(path) };
  }
  if (configPath === undefined && read.error.code === "ENOENT") {
    return { ok: true, file: undefined, prefix: folder };
  }
  return { ok: false, wrong: formatSystemError(read.error) };
}

/** The text, or why it is not read though it is there. */
type Content = { readonly text: string } | { readonly unfit: string };

function readConfig(path: string): Result<Content> {
  const call = `open() "${path}"`;
  try {
    const { isFile, isDirectory, size } = Deno.statSync(path);
    // Reading anything else, a pipe for instance, could wait for ever.
    if (!isFile && !isDirectory) {
      return success({ unfit: "is not a regular file" });
    }
    if (size > FILE_BYTES_MAX) {
      return success({ unfit: "is larger than 4 MiB" });
    }
    const text = Deno.readTextFileSync(path).replace(/^\uFEFF/, "");
    return success({ text });
  } catch (error) {
    const failed = fromDenoError(error, call);
    return failure(
      failed.code === "EISDIR"
        ? { ...failed, call: `read() "${path}"` }
        : failed,
    );
  }
}

/** Without the parser that knows places: enough if nothing is wrong. */
async function parseShort(
  file: ReadFile | undefined,
  globals: string | undefined,
): Promise<Parsed | undefined> {
  if (file === undefined || globals !== undefined) return undefined;
  const settings = parsePlain(file.text);
  if (settings === undefined) return undefined;
  const { checkSettings } = await import("./check.ts");
  const { problems, ...checked } = checkSettings(settings);
  if (problems.length > 0) return undefined;
  return { ...NOTHING, ...checked };
}

async function parse(
  file: ReadFile | undefined,
  globals: string | undefined,
): Promise<Parsed> {
  if (file === undefined && globals === undefined) return NOTHING;
  const { parseSettings } = await import("./parse.ts");
  return parseSettings({ file, globals });
}

function refuse(wrong: string): Loaded {
  return { ok: false, errors: [errorWithoutPlace(wrong)] };
}

function thisMachine(): Machine {
  return {
    cpus: allowedCpus(),
    usableCpus: usableCpus(),
    isRoot: effectiveUid() === 0,
    lookUpUser,
    lookUpGroup,
    appProblem,
    folderProblem,
    isFolder,
    readCertificate: (files) => readCertificate(files, Date.now()),
    appConfig: (app) => findAppConfig(app, { own: ownConfig(), read }),
  };
}

/** The deno.json of this program, when it runs from source. */
function ownConfig(): string | undefined {
  const { protocol, pathname } = new URL("deno.json", Deno.mainModule);
  return protocol === "file:" ? decodeURIComponent(pathname) : undefined;
}

/** A text; null: it cannot be read, or is too long to be looked at. */
function read(path: string): string | null | undefined {
  try {
    const { isFile, size } = Deno.statSync(path);
    // Deno passes over a folder of that name.
    if (!isFile) return undefined;
    return size > FILE_BYTES_MAX ? null : Deno.readTextFileSync(path);
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? undefined : null;
  }
}

/** An app is a file that this process can read. */
function appProblem(path: string): string | undefined {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    if (isDirectory) {
      return `"${path}" is a directory: serve its files with "static"`;
    }
    // Opening something else, a pipe for instance, could wait for ever.
    if (!isFile) return `"${path}" is not a regular file`;
    Deno.openSync(path).close();
    return undefined;
  } catch (error) {
    return formatSystemError(fromDenoError(error, `open() "${path}"`));
  }
}

/** Files are served from a folder that this process can look into. */
function folderProblem(path: string): string | undefined {
  try {
    if (!Deno.statSync(path).isDirectory) return `"${path}" is not a folder`;
    Deno.readDirSync(path);
    return undefined;
  } catch (error) {
    return formatSystemError(fromDenoError(error, `opendir() "${path}"`));
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
