/**
 * procmgr: argv to a Command to a role. Each role is imported when it is
 * needed, so that a worker does not pay for the config parser.
 *
 * Ten rules (docs/architecture.md has the reasons):
 *  1. Decide in `core/`, act in `role/`.
 *  2. One queue in, one switch out.
 *  3. Every pair of phase and event is decided.
 *  4. A child is (slot, generation); a pid is an attribute.
 *  5. Wanted and actual are separate facts.
 *  6. Time is an argument.
 *  7. A limit on everything.
 *  8. All libc in `os/`.
 *  9. An `alert` is a bug.
 * 10. If a rule matters, a test enforces it.
 *
 *   src/base     words every layer may use     src/log      the error log
 *   src/core     the decisions, pure           src/http     serving requests
 *   src/config   procmgr.jsonc to a Config     src/app      what an app gets
 *   src/os       the machine: libc, children   src/control  `--signal --wait`
 *   src/channel  master and child messages     src/cli      argv and help
 *   src/role     the shells                    src/observe  the journal
 *   src/cache    zones, and answers from them
 */

import { EXIT_CODE } from "./src/base/exit_code.ts";
import type { Command, SourceOptions } from "./src/cli/args.ts";
import type { ConfigSource } from "./src/config/load.ts";
import type { Self } from "./src/role/handover.ts";
import project from "./deno.json" with { type: "json" };

/**
 * What is imported when it is needed, and what it is. The runtime loads what
 * it sees in an `import()` together with this file, run or not, and keeps it.
 * So `load` hides it. tools/bundle.ts finds the names here, and what a line
 * `const NAME = "PATH";` hides elsewhere.
 */
interface Modules {
  readonly "./src/base/system_error.ts":
    typeof import("./src/base/system_error.ts");
  readonly "./src/cli/args.ts": typeof import("./src/cli/args.ts");
  readonly "./src/cli/usage.ts": typeof import("./src/cli/usage.ts");
  readonly "./src/core/master/signal.ts":
    typeof import("./src/core/master/signal.ts");
  readonly "./src/os/machine.ts": typeof import("./src/os/machine.ts");
  readonly "./src/os/reexec.ts": typeof import("./src/os/reexec.ts");
  readonly "./src/role/cache_loader.ts":
    typeof import("./src/role/cache_loader.ts");
  readonly "./src/role/cache_manager.ts":
    typeof import("./src/role/cache_manager.ts");
  readonly "./src/role/control_client.ts":
    typeof import("./src/role/control_client.ts");
  readonly "./src/role/dry_run.ts": typeof import("./src/role/dry_run.ts");
  readonly "./src/role/master.ts": typeof import("./src/role/master.ts");
  readonly "./src/role/purge.ts": typeof import("./src/role/purge.ts");
  readonly "./src/role/worker.ts": typeof import("./src/role/worker.ts");
}

/** The one thing a worker needs of this file is to get past it fast. */
if (Deno.args[0] === "--role=worker") {
  const { runWorker } = await load("./src/role/worker.ts");
  await runWorker();
} else if (Deno.args[0] === "--role=cache_manager") {
  const { runCacheManager } = await load(
    "./src/role/cache_manager.ts",
  );
  await runCacheManager();
} else if (Deno.args[0] === "--role=cache_loader") {
  const { runCacheLoader } = await load("./src/role/cache_loader.ts");
  await runCacheLoader();
} else {
  const { parseArgs } = await load("./src/cli/args.ts");
  // A daemon's own arguments come after the one that says that it is one.
  const isDaemon = Deno.args[0]?.startsWith("--role=daemon:") ?? false;
  Deno.exit(await obey(parseArgs(Deno.args.slice(isDaemon ? 1 : 0))));
}

/** Import one of them. */
function load<Path extends keyof Modules>(path: Path): Promise<Modules[Path]> {
  return import(path);
}

/** Do what was asked for; answers with the exit code. */
async function obey(command: Command): Promise<number> {
  switch (command.kind) {
    case "run":
      return await runMaster(command);
    case "test": {
      const { testConfig } = await load("./src/role/dry_run.ts");
      const { dump, quiet } = command;
      const source = sourceOf(command);
      return await testConfig({ source, self: self(), dump, quiet });
    }
    case "signal": {
      const { signalMaster } = await load("./src/role/control_client.ts");
      const { signalNamed } = await load("./src/core/master/signal.ts");
      const entry = signalNamed(command.name);
      if (entry === undefined) return await usage(command.name);
      const { wait } = command;
      return await signalMaster({ source: sourceOf(command), entry, wait });
    }
    case "purge": {
      const { purgeResponses } = await load("./src/role/purge.ts");
      const { urls, tags } = command;
      return await purgeResponses({ source: sourceOf(command), urls, tags });
    }
    case "version":
      return await version(command.verbose);
    case "help": {
      const { usageText } = await load("./src/cli/usage.ts");
      print(Deno.stdout, usageText());
      return EXIT_CODE.DONE;
    }
    case "usage":
      return await usage(command.message);
    case "child":
      return await usage(`the role is not the first argument`);
  }
}

async function runMaster(command: SourceOptions): Promise<number> {
  const { unsupportedReason } = await load("./src/os/machine.ts");
  const reason = unsupportedReason();
  if (reason !== undefined) {
    print(Deno.stderr, `procmgr: [emerg] ${reason}\n`);
    return EXIT_CODE.FAILED;
  }
  // From source SIGUSR1 would open a debugger port: see os/reexec.ts.
  const { isUsr1Blocked, reexecWithUsr1Blocked } = await load(
    "./src/os/reexec.ts",
  );
  if (!Deno.build.standalone && !isUsr1Blocked()) {
    const error = reexecWithUsr1Blocked();
    const { formatSystemError } = await load("./src/base/system_error.ts");
    print(Deno.stderr, `procmgr: [warn] ${formatSystemError(error)}\n`);
  }
  const { runMaster } = await load("./src/role/master.ts");
  return await runMaster({
    source: sourceOf(command),
    self: self(),
    version: `procmgr/${project.version}`,
    args: Deno.args,
  });
}

/** How this process was started; the path changes with the file. */
function self(): Self {
  return {
    execPath: Deno.execPath(),
    standalone: Deno.build.standalone,
    mainModule: Deno.mainModule,
    packed: packedFile(),
  };
}

/** The file that tools/packed_head.sh unpacked us from; told only once. */
function packedFile(): string | undefined {
  const path = Deno.env.get("PROCMGR_PACKED");
  // What is started from here is not packed for that.
  Deno.env.delete("PROCMGR_PACKED");
  return path;
}

async function version(verbose: boolean): Promise<number> {
  const { versionText } = await load("./src/cli/usage.ts");
  const { deno, v8, typescript } = Deno.version;
  const facts = {
    version: project.version,
    runtime: `deno ${deno}, v8 ${v8}, typescript ${typescript}`,
    target: Deno.build.target,
  };
  const file = packedFile();
  const folder = Deno.execPath().replace(/\/[^/]*$/, "");
  const packed = file === undefined ? {} : { packed: { file, folder } };
  print(Deno.stderr, versionText({ ...facts, ...packed }, { verbose }));
  return EXIT_CODE.DONE;
}

function usage(message: string): Promise<number> {
  print(Deno.stderr, `procmgr: ${message}\n`);
  return Promise.resolve(EXIT_CODE.USAGE);
}

function sourceOf(options: SourceOptions): ConfigSource {
  const { configPath, prefix, globals, errorLogPath, app } = options;
  return {
    configPath,
    prefix,
    globals,
    errorLogPath,
    app,
    cwd: Deno.cwd(),
  };
}

function print(stream: typeof Deno.stdout, text: string): void {
  stream.writeSync(new TextEncoder().encode(text));
}
