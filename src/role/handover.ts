/**
 * What a re-executed process inherits: the command that starts this program
 * again and the environment a child gets. The one place that knows how we are
 * run: compiled, or by `deno run`, from source or from a packed file.
 *
 * Pure: what the runtime says about itself is passed in, captured once at
 * start, because `Deno.execPath()` becomes "… (deleted)" once the file is
 * replaced. Source: man 5 proc, /proc/pid/exe.
 */

import type { ChildRole } from "../base/role.ts";
import type { PoolConfig } from "../config/config.ts";

/** How this process was started. */
export interface Self {
  /** The executable's path at start. */
  readonly execPath: string;
  /** Compiled: the executable is the program. */
  readonly standalone: boolean;
  /** The main module's URL. */
  readonly mainModule: string;
  /** The packed file this was unpacked from; undefined: it was not. */
  readonly packed?: string | undefined;
}

/**
 * The running image, whatever happened to its file since: a respawn must run
 * what its master runs. man 5 proc, /proc/pid/exe.
 */
const RUNNING_IMAGE = "/proc/self/exe";

/**
 * From source a child needs its flags again. All permissions, because a
 * process that may call libc has them anyway.
 */
const SOURCE_FLAGS = ["run", "--allow-all"] as const;

/**
 * Neither our deno.json nor our lock file: an app's imports are not ours, and
 * a worker must not ask a registry for packages that only we use.
 */
const NO_CONFIG_FLAGS = ["--no-config", "--no-lock"] as const;

/** A module with a configuration of its own. */
export interface AppModule {
  /** Its absolute path. */
  readonly app: string;
  /** Whether its lock file may be used. */
  readonly locked: boolean;
}

/** The module of a pool, if it has a configuration of its own. */
export function moduleOf(
  { appConfig, worker: { app } }: Pick<PoolConfig, "appConfig" | "worker">,
): AppModule | undefined {
  return appConfig && { app, locked: appConfig.locked };
}

/**
 * The command that starts a child of the running version in `role`.
 *
 * With a module that has a configuration of its own, that module is the main
 * one, so Deno finds its deno.json, package.json and lock file as `deno serve`
 * does, and we are preloaded. We never return, so the module is not loaded
 * before we import it: after root is given up, with its errors in our hands.
 */
export function childCommand(
  self: Self,
  role: ChildRole,
  module?: AppModule,
): readonly string[] {
  const { standalone, mainModule } = self;
  const own = standalone
    ? []
    : module === undefined
    ? [...SOURCE_FLAGS, ...NO_CONFIG_FLAGS, mainModule]
    : [...moduleFlags(module), "--preload", mainModule, module.app];
  return [RUNNING_IMAGE, ...own, `--role=${role}`];
}

/** How a daemon is told what it is, and who waits for it. */
const DAEMON_ROLE = "--role=daemon:";

/** Who waits for this daemon; undefined: this process is none. */
export function starterOf(argv: readonly string[]): number | undefined {
  const [first = ""] = argv;
  const pid = first.startsWith(DAEMON_ROLE)
    ? first.slice(DAEMON_ROLE.length)
    : "";
  return /^[1-9][0-9]{0,9}$/.test(pid) ? Number(pid) : undefined;
}

/** The command that only finds out whether Deno takes the configuration. */
export function inquiryCommand(module: AppModule): readonly string[] {
  const nothing = "data:text/javascript,Deno.exit(0)";
  const flags = moduleFlags(module);
  return [RUNNING_IMAGE, ...flags, "--preload", nothing, module.app];
}

function moduleFlags({ locked }: AppModule): readonly string[] {
  return [...SOURCE_FLAGS, ...(locked ? [] : ["--no-lock"])];
}

/**
 * The command that starts the next version of this master: whatever is at the
 * path this one was started by. From source the flags of a plain run, because
 * the version may bring another configuration of the runtime along.
 */
export function masterCommand(
  { mainModule, standalone, packed }: Self,
  { path, argv }: {
    /** The path it was started by, links not followed. */
    readonly path: string;
    /** The arguments after the program's. */
    readonly argv: readonly string[];
  },
): readonly string[] {
  return standalone || packed !== undefined
    ? [path, ...argv]
    : [path, "run", "--allow-all", mainModule, ...argv];
}

/**
 * The command of a master that goes to the background: by the path its start
 * command was started by, which a later upgrade looks at again.
 */
export function daemonCommand(
  self: Self,
  { path, argv }: Parameters<typeof masterCommand>[1],
  starter: number,
): readonly string[] {
  return masterCommand(self, {
    path,
    argv: [`${DAEMON_ROLE}${starter}`, ...argv],
  });
}

/** What an environment is made from. */
export interface EnvSpec {
  readonly clearEnv: boolean;
  /** null passes the master's own value on. */
  readonly env: Readonly<{ [name: string]: string | null }>;
}

/**
 * What the runtime itself reads at start, to find its caches. A worker with
 * `clear_env` removes them, but for TZ, before the app sees its environment.
 */
const RUNTIME_NAMES = [
  "DENO_DIR",
  "DENO_DISABLE_NODE_SHIM",
  "DENO_NO_UPDATE_CHECK",
  "DENO_V8_FLAGS",
  "HOME",
  "NO_COLOR",
  "XDG_CACHE_HOME",
  // Not the runtime's: the one variable that nginx always passes on.
  "TZ",
] as const;

/** A worker's environment at its exec. */
export function childEnv(
  own: Readonly<{ [name: string]: string }>,
  { clearEnv, env }: EnvSpec,
): { [name: string]: string } {
  const base = clearEnv ? pick(own, RUNTIME_NAMES) : { ...own };
  for (const [name, value] of Object.entries(env)) {
    const given = value ?? own[name];
    if (given !== undefined) base[name] = given;
  }
  return base;
}

function pick(
  from: Readonly<{ [name: string]: string }>,
  names: readonly string[],
): { [name: string]: string } {
  const picked: { [name: string]: string } = {};
  for (const name of names) {
    const value = from[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
