/**
 * Children: spawn, channel, exit, kill. The only node:child_process.
 *
 * The `exit` event is the truth about an end; nothing about a child is told
 * after it. Everything the runtime does on a failure (throwing at once, an
 * `error` event later, a callback that never comes) ends in exactly one call
 * of a handler. What a message means is not known here.
 *
 * The spawn is synchronous (vfork and exec inside the call), so close-on-exec
 * can be cleared around it on just the fds this child is to inherit; each
 * keeps its number. Source: tests/os/child_test.ts, man 2 fcntl.
 */

import { type ChildProcess, spawn } from "node:child_process";
import type { Exit } from "../base/exit.ts";
import type { Fd, Pid } from "../base/id.ts";
import { toPid } from "../base/id.ts";
import type { SystemError } from "../base/system_error.ts";
import { fromDenoError } from "./errno.ts";
import { closeHungUp, openFdNumbers, setCloseOnExec } from "./fd.ts";
import { claimChild, releaseChild } from "./own_child.ts";

/** What to spawn. */
export interface SpawnSpec {
  /**
   * argv, [0] the executable. When that is Deno, it must name its permission
   * flags: the runtime inserts -A into a command without any.
   */
  readonly command: readonly string[];
  /** The whole environment; the runtime adds NODE_CHANNEL_FD. */
  readonly env: Readonly<Record<string, string>>;
  /** The fds it inherits, at the same numbers, besides stdout and stderr. */
  readonly inherit: readonly Fd[];
}

/**
 * What becomes of a child. First exactly one of onSpawned and onSpawnFailed,
 * perhaps before spawnChild returns; onExited is the last.
 */
export interface ChildHandlers {
  onSpawned(child: Child): void;
  onSpawnFailed(error: SystemError): void;
  onMessage(value: unknown): void;
  /** The other end is closed: as a rule the child is about to be gone. */
  onChannelClosed(): void;
  /** Something that is no JSON came; nothing more can be received. */
  onChannelBroken(reason: string): void;
  onExited(exit: Exit): void;
}

/** A child that was spawned. */
export interface Child {
  readonly pid: Pid;
  /**
   * Send a JSON value. `onFailed` is called at most once, later, and not
   * after onExited. A value that was taken may still never be read.
   */
  send(value: unknown, onFailed: (reason: string) => void): void;
  /**
   * Signal it; false when it is gone. Cannot hit another process: the pid is
   * taken until the runtime reaps it, which it does in the same turn of the
   * event loop that tells the exit.
   */
  kill(signal: Deno.Signal): boolean;
  /** Close the channel: the child sees our end gone. */
  disconnect(): void;
}

/**
 * Sends the kernel has not taken yet. A stopped child takes about 200 KB, then
 * none; what is beyond is kept in our memory, so there is a limit.
 */
const UNCONFIRMED_MAX = 64;

/** How long an end waits for what its child had said before it. */
const LAST_WORDS_MS = 100;

/** Spawn a child with a channel; stdin is empty, stdout and stderr are ours. */
export function spawnChild(spec: SpawnSpec, handlers: ChildHandlers): void {
  const started = start(spec);
  if ("error" in started) return handlers.onSpawnFailed(started.error);
  const { process, call } = started;
  const { pid } = process;
  if (pid === undefined) {
    // The reason follows as an event, and no exit.
    let failed = false;
    process.on("error", (error) => {
      if (failed) return;
      failed = true;
      handlers.onSpawnFailed(fromDenoError(error, call));
    });
    return;
  }
  claimChild(toPid(pid));
  const child = new SpawnedChild(toPid(pid), process);
  listen(child, process, handlers);
  handlers.onSpawned(child);
}

/** What becomes of a daemon before it is let go. */
export interface DaemonHandlers {
  /** What it wrote to its stderr. */
  onSaid(text: string): void;
  /** It ended, and everything it wrote was told. */
  onEnded(exit: Exit): void;
  onSpawnFailed(error: SystemError): void;
}

/**
 * Spawn a child that leads a session of its own and inherits nothing: stdin
 * and stdout are /dev/null, stderr is a pipe to `onSaid`. Its pid, unless it
 * could not be spawned. It lives on when this process ends.
 */
export function spawnDaemon(
  { command, env }: Pick<SpawnSpec, "command" | "env">,
  handlers: DaemonHandlers,
): Pid | undefined {
  const [file = "", ...args] = command;
  const call = `spawn("${file}")`;
  try {
    const process = spawn(file, args, {
      env: { ...env },
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    process.on("error", (error) => {
      handlers.onSpawnFailed(fromDenoError(error, call));
    });
    process.stderr?.on("data", (data) => handlers.onSaid(String(data)));
    process.on("close", (code, signal) => {
      handlers.onEnded(toExit(code, signal));
    });
    return process.pid === undefined ? undefined : toPid(process.pid);
  } catch (error) {
    handlers.onSpawnFailed(fromDenoError(error, call));
    return undefined;
  }
}

type Started =
  | { readonly process: ChildProcess; readonly call: string }
  | { readonly error: SystemError };

/** The spawn itself, with close-on-exec cleared around it. */
function start({ command, env, inherit }: SpawnSpec): Started {
  const [file = "", ...args] = command;
  const call = `spawn("${file}")`;
  const known = openFdNumbers();
  let process: ChildProcess | undefined;
  try {
    for (const fd of inherit) {
      const cleared = setCloseOnExec(fd, false);
      if (!cleared.ok) return { error: cleared.error };
    }
    process = spawn(file, args, {
      env: { ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    return { process, call };
  } catch (error) {
    // EMFILE for the channel, or a NUL in an argument.
    return { error: fromDenoError(error, call) };
  } finally {
    for (const fd of inherit) setCloseOnExec(fd, true);
    // The runtime forgets our end of the channel when the spawn fails; with a
    // spawn that is tried again and again we would run out of fds.
    if (process?.pid === undefined) closeHungUp(known);
  }
}

function listen(
  child: SpawnedChild,
  process: ChildProcess,
  handlers: ChildHandlers,
): void {
  let isTold = false;
  const tellExit = (exit: Exit): void => {
    if (isTold) return;
    isTold = true;
    handlers.onExited(exit);
  };
  process.on("message", (value) => {
    if (!isTold) handlers.onMessage(value);
  });
  let isClosed = false;
  process.on("disconnect", () => {
    isClosed = true;
    if (!child.exited) handlers.onChannelClosed();
  });
  // Garbage on the channel arrives here. Without a listener it would be an
  // uncaught exception, so this one stays for good.
  process.on("error", (error) => {
    if (!child.exited) handlers.onChannelBroken(error.message);
  });
  process.on("exit", (code, signal) => {
    if (child.exited) return;
    child.exited = true;
    releaseChild(child.pid);
    const exit = toExit(code, signal);
    if (isClosed) return tellExit(exit);
    // What it said last may still be on its way, and tells why it ended.
    process.on("disconnect", () => tellExit(exit));
    setTimeout(() => {
      // A grandchild that holds the other end would keep this one open.
      if (process.connected) process.disconnect();
      tellExit(exit);
    }, LAST_WORDS_MS);
  });
}

function toExit(code: number | null, signal: string | null): Exit {
  return signal === null
    ? { kind: "code", code: code ?? 0 }
    : { kind: "signal", signal };
}

class SpawnedChild implements Child {
  readonly pid: Pid;
  /** Nothing is told any more. */
  exited = false;
  readonly #process: ChildProcess;
  #unconfirmed = 0;

  constructor(pid: Pid, process: ChildProcess) {
    this.pid = pid;
    this.#process = process;
  }

  send(value: unknown, onFailed: (reason: string) => void): void {
    let told = false;
    const fail = (reason: string): void => {
      if (told) return;
      told = true;
      queueMicrotask(() => {
        if (!this.exited) onFailed(reason);
      });
    };
    if (this.exited || !this.#process.connected) return fail("channel closed");
    if (this.#unconfirmed >= UNCONFIRMED_MAX) return fail("channel full");
    this.#unconfirmed++;
    try {
      // Only what has been JSON once: the runtime's own serializer brings the
      // process down on a value that contains itself.
      const json = JSON.parse(JSON.stringify(value));
      this.#process.send(json, (error) => {
        this.#unconfirmed--;
        if (error !== null && error !== undefined) fail(error.message);
      });
    } catch (error) {
      this.#unconfirmed--;
      fail(firstLine(error));
    }
  }

  disconnect(): void {
    if (!this.exited && this.#process.connected) this.#process.disconnect();
  }

  kill(signal: Deno.Signal): boolean {
    if (this.exited) return false;
    try {
      // Not ChildProcess.kill: it closes the channel, whatever the signal, and
      // reports that signal as the cause of death later.
      Deno.kill(this.pid, signal);
      return true;
    } catch {
      return false;
    }
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}
