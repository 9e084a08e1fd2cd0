/**
 * argv to a Command. nginx's flags with nginx's habits: short flags cluster
 * (`-tq`), a value may be attached (`-creload.jsonc`), messages are nginx's.
 * Written by hand because a general parser such as @std/cli's has neither.
 * Total: any argv is a Command, and nothing is read but argv.
 *
 * nginx: src/core/nginx.c, ngx_get_options. Differences: the long forms, the
 * positional app, and `usage`, which ends with exit code 100 where nginx's is
 * 1, so that a script can tell a mistyped command from a failed one.
 */

import type { ChildRole } from "../base/role.ts";
import { CHILD_ROLES } from "../base/role.ts";
import { SIGNALS } from "../core/master/signal.ts";

/** What says which configuration is meant. */
export interface SourceOptions {
  /** `-c FILE`. */
  readonly configPath?: string;
  /** `-p FOLDER`. */
  readonly prefix?: string;
  /** `-g DIRECTIVES`. */
  readonly globals?: string;
  /** `-e FILE`. */
  readonly errorLogPath?: string;
  /** The positional argument. */
  readonly app?: string;
}

/** The signals that `--signal` knows. */
export type SignalName = "stop" | "quit" | "reload" | "reopen" | "upgrade";

/** What was asked for. */
export type Command =
  | ({ readonly kind: "run" } & SourceOptions)
  | ({
    readonly kind: "test";
    /** `-T`: print the configuration too. */
    readonly dump: boolean;
    /** `-q`: say nothing unless it is an error. */
    readonly quiet: boolean;
  } & SourceOptions)
  | ({
    readonly kind: "signal";
    readonly name: SignalName;
    /** Return when it is done. */
    readonly wait: boolean;
  } & SourceOptions)
  | ({
    readonly kind: "purge";
    /** `--purge-url`, each. */
    readonly urls: readonly string[];
    /** `--purge-tag`, each. */
    readonly tags: readonly string[];
  } & SourceOptions)
  /** `verbose` for `-V`. */
  | { readonly kind: "version"; readonly verbose: boolean }
  | { readonly kind: "help" }
  /** Internal: the master's own children. */
  | { readonly kind: "child"; readonly role: ChildRole }
  | { readonly kind: "usage"; readonly message: string };

/** One flag: its letter, its long form, what it wants and what it is for. */
export interface Flag {
  readonly letter?: string;
  readonly long: string;
  /** For the manual and the shells; without it the flag is our own. */
  readonly doc?: string;
  /** What a shell may offer as its value. */
  readonly offers?: "signals" | "files" | "folders";
  /** What its value is called in nginx's message; undefined: takes none. */
  readonly value?: "parameter" | "file name" | "directory name";
  /** Each of several counts; else the last one does. */
  readonly repeats?: true;
}

/** Every flag, in the order of the help. */
export const FLAGS: readonly Flag[] = [
  { letter: "h", long: "help", doc: "show the help and exit" },
  { letter: "v", long: "version", doc: "show the version and exit" },
  {
    letter: "V",
    long: "version-verbose",
    doc: "show the version and how it was built, then exit",
  },
  { letter: "t", long: "test", doc: "test the configuration and exit" },
  {
    letter: "T",
    long: "dump",
    doc: "test the configuration, dump it and exit",
  },
  {
    letter: "q",
    long: "quiet",
    doc: "suppress messages that are no errors while testing",
  },
  {
    letter: "s",
    long: "signal",
    value: "parameter",
    doc: "send a signal to the master process",
    offers: "signals",
  },
  {
    long: "wait",
    doc: "with --signal, return when it is done and say how it went",
  },
  {
    letter: "p",
    long: "prefix",
    value: "directory name",
    doc: "what relative paths begin at (default: the folder of the " +
      "configuration file)",
    offers: "folders",
  },
  {
    letter: "e",
    long: "error-log",
    value: "file name",
    doc: "write the error log to this file (default: stderr)",
    offers: "files",
  },
  {
    letter: "c",
    long: "config",
    value: "file name",
    doc: "read this configuration file (default: procmgr.jsonc, if there is " +
      "one)",
    offers: "files",
  },
  {
    letter: "g",
    long: "globals",
    value: "parameter",
    doc: "set directives besides the configuration file: " +
      "'worker_processes 4; clear_env on;' or a JSON object",
  },
  {
    long: "purge-url",
    value: "parameter",
    repeats: true,
    doc: "forget the stored response to that URL, and exit",
  },
  {
    long: "purge-tag",
    value: "parameter",
    repeats: true,
    doc: "forget stored responses with that Cache-Tag, and exit",
  },
  { long: "role", value: "parameter" },
];

/** Between the values of a flag that repeats: no argument has one. */
const SEPARATOR = "\0";

/** What has been seen so far; the last one of a flag counts, as in nginx. */
interface Seen {
  /** By the flag's long form; "" for flags without a value. */
  readonly flags: Map<string, string>;
  app: string | undefined;
}

/** How many arguments were taken, or why not. */
type Taken =
  | { readonly ok: true; readonly count: 1 | 2 }
  | { readonly ok: false; readonly message: string };

/** Parse the arguments after the program's name. */
export function parseArgs(argv: readonly string[]): Command {
  const seen: Seen = { flags: new Map(), app: undefined };
  for (let index = 0; index < argv.length;) {
    const taken = take(seen, argv[index] ?? "", argv[index + 1]);
    if (!taken.ok) return usage(taken.message);
    index += taken.count;
  }
  return toCommand(seen);
}

function take(seen: Seen, argument: string, next: string | undefined): Taken {
  if (argument.startsWith("--")) return takeLong(seen, argument, next);
  if (argument.startsWith("-") && argument !== "-") {
    return takeCluster(seen, argument, next);
  }
  // An empty name is no app, and a second one is one too many.
  if (argument === "" || argument === "-" || seen.app !== undefined) {
    return refuse(`invalid option: "${argument}"`);
  }
  seen.app = argument;
  return { ok: true, count: 1 };
}

/** `--signal quit` or `--signal=quit`. */
function takeLong(
  seen: Seen,
  argument: string,
  next: string | undefined,
): Taken {
  const equals = argument.indexOf("=");
  const long = argument.slice(2, equals === -1 ? undefined : equals);
  const flag = FLAGS.find((one) => one.long === long);
  if (flag === undefined) return refuse(`invalid option: "${argument}"`);
  if (flag.value === undefined) {
    if (equals !== -1) return refuse(`invalid option: "${argument}"`);
    return store(seen, flag, { shown: `--${long}`, value: "", count: 1 });
  }
  const shown = `--${long}`;
  return equals === -1
    ? store(seen, flag, { shown, value: next, count: 2 })
    : store(seen, flag, { shown, value: argument.slice(equals + 1), count: 1 });
}

/** `-tq`, `-tc file`, `-tcfile`: a value ends the cluster. */
function takeCluster(
  seen: Seen,
  argument: string,
  next: string | undefined,
): Taken {
  const letters = [...argument.slice(1)];
  for (const [index, letter] of letters.entries()) {
    const shown = `-${letter}`;
    const flag = FLAGS.find((one) =>
      one.letter === (letter === "?" ? "h" : letter)
    );
    if (flag === undefined) return refuse(`invalid option: "${shown}"`);
    if (flag.value !== undefined) {
      const attached = letters.slice(index + 1).join("");
      return attached === ""
        ? store(seen, flag, { shown, value: next, count: 2 })
        : store(seen, flag, { shown, value: attached, count: 1 });
    }
    seen.flags.set(flag.long, "");
  }
  return { ok: true, count: 1 };
}

function store(
  { flags }: Seen,
  flag: Flag,
  { shown, value, count }: {
    readonly shown: string;
    readonly value: string | undefined;
    readonly count: 1 | 2;
  },
): Taken {
  if (flag.value !== undefined && (value === undefined || value === "")) {
    return refuse(`option "${shown}" requires ${flag.value}`);
  }
  const refusal = valueRefusal(flag, shown, value ?? "");
  if (refusal !== undefined) return refuse(refusal);
  const before = flag.repeats ? flags.get(flag.long) : undefined;
  const all = before === undefined ? [] : [before];
  flags.set(flag.long, [...all, value ?? ""].join(SEPARATOR));
  return { ok: true, count };
}

function valueRefusal(
  { long }: Flag,
  shown: string,
  value: string,
): string | undefined {
  const isRight = long === "signal"
    ? SIGNALS.some((entry) => entry.name === value)
    : long === "purge-url"
    ? /^https?:\/\//i.test(value) && URL.canParse(value)
    : true;
  return isRight ? undefined : `invalid option: "${shown} ${value}"`;
}

function isChildRole(role: string): role is ChildRole {
  const roles: readonly string[] = CHILD_ROLES;
  return roles.includes(role);
}

/** As in nginx: help and version first, then the test, then the signal. */
function toCommand(seen: Seen): Command {
  const { flags } = seen;
  const role = flags.get("role");
  if (role !== undefined) {
    return isChildRole(role)
      ? { kind: "child", role }
      : usage(`invalid option: "--role=${role}"`);
  }
  if (flags.has("help")) return { kind: "help" };
  if (flags.has("version") || flags.has("version-verbose")) {
    return { kind: "version", verbose: flags.has("version-verbose") };
  }
  const source = sourceOptions(seen);
  if (flags.has("wait") && !flags.has("signal")) {
    return usage('option "--wait" requires "--signal"');
  }
  const dump = flags.has("dump");
  if (dump || flags.has("test")) {
    return { kind: "test", dump, quiet: flags.has("quiet"), ...source };
  }
  const urls = flags.get("purge-url")?.split(SEPARATOR) ?? [];
  const tags = flags.get("purge-tag")?.split(SEPARATOR) ?? [];
  if (urls.length + tags.length > 0) {
    return { kind: "purge", urls, tags, ...source };
  }
  const name = flags.get("signal");
  if (name !== undefined) {
    const wait = flags.has("wait");
    return { kind: "signal", name: name as SignalName, wait, ...source };
  }
  return { kind: "run", ...source };
}

function sourceOptions({ flags, app }: Seen): SourceOptions {
  const configPath = flags.get("config");
  const prefix = flags.get("prefix");
  const globals = flags.get("globals");
  const errorLogPath = flags.get("error-log");
  return {
    ...configPath === undefined ? {} : { configPath },
    ...prefix === undefined ? {} : { prefix },
    ...globals === undefined ? {} : { globals },
    ...errorLogPath === undefined ? {} : { errorLogPath },
    ...app === undefined ? {} : { app },
  };
}

function usage(message: string): Command {
  return { kind: "usage", message };
}

function refuse(message: string): Taken {
  return { ok: false, message };
}
