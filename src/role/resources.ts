/**
 * What the master owns besides its children, as one transaction per
 * generation: the lock of the pid file, the error log, the listening sockets,
 * the control socket. `open` takes all or nothing; `adopt` makes it the one in
 * force; `abandon` undoes it. nginx: src/core/ngx_cycle.c, ngx_init_cycle.
 */

import type { DebugPoints } from "../base/debug_points.ts";
import type { Generation } from "../base/id.ts";
import type { Level } from "../base/level.ts";
import { isLogged } from "../base/level.ts";
import type { Result } from "../base/system_error.ts";
import { formatSystemError, success } from "../base/system_error.ts";
import type { Config, ErrorLogConfig, UserConfig } from "../config/config.ts";
import type { ControlServer } from "../control/server.ts";
import type { Log } from "../log/sink.ts";
import { openLog, writeEarly } from "../log/sink.ts";
import { effectiveUid } from "../os/credential.ts";
import { giveLog } from "../os/file.ts";
import type { HandedFile, HandedGroup, Inheritance } from "./inheritance.ts";
import type { Listeners } from "./listeners.ts";
import type { Background } from "./background.ts";
import { makeCacheFolders } from "./cache_folder.ts";
import { PidFile } from "./pidfile.ts";

/** nginx's mode for log files; the umask applies. */
const LOG_FILE_MODE = 0o644;

/** Everything the master holds for a configuration. */
export class Resources {
  readonly #listeners: Listeners;
  readonly #control: ControlServer;
  readonly #background: Background | undefined;
  readonly #pidFile = new PidFile();
  #config: Config;
  #log: Log;
  #comingLog: Log | undefined;
  /** The pid file that the new master gets, while there is one. */
  #handedPid: HandedFile | undefined;
  /** Until the first generation is ready, somebody looks at the terminal. */
  #isStarting = true;

  constructor(
    config: Config,
    log: Log,
    parts: {
      readonly listeners: Listeners;
      readonly control: ControlServer;
      /** undefined: it is no daemon. */
      readonly background?: Background | undefined;
    },
  ) {
    this.#config = config;
    this.#log = log;
    this.#listeners = parts.listeners;
    this.#control = parts.control;
    this.#background = parts.background;
  }

  /** What the configuration in force says about a broken invariant. */
  get debugPoints(): DebugPoints {
    return this.#config.debugPoints;
  }

  /** Say something in the log in force. */
  write(level: Level, text: string): void {
    this.#log.write(level, text);
    // As nginx: a start that fails says so where it was asked for, too.
    const isSeen = this.#log.path === undefined;
    if (this.#isStarting && !isSeen && isLogged(level, "warn")) {
      if (this.#background === undefined) writeEarly(level, text);
      else this.#background.say(level, text);
    }
  }

  /** Open what that configuration adds; answers with the new addresses. */
  open(generation: Generation, config: Config): Result<readonly string[]> {
    const locked = this.#pidFile.lock(config.pidPath);
    if (!locked.ok) return locked;
    const logged = this.#openLog(config.errorLog);
    const made = logged.ok ? makeCacheFolders(config.cache) : logged;
    const opened = made.ok ? this.#listeners.open(generation, config) : made;
    if (!opened.ok) this.abandon(generation);
    return opened;
  }

  /** Undo `open`. */
  abandon(generation: Generation): void {
    this.#listeners.abandon(generation);
    this.#pidFile.abandon();
    this.#comingLog?.close();
    this.#comingLog = undefined;
  }

  /** Write our pid where that configuration wants it. */
  writePid(): Result<void> {
    return this.#pidFile.write();
  }

  /** That configuration is the one in force. */
  adopt(config: Config): void {
    this.#config = config;
    this.#isStarting = false;
    if (this.#comingLog !== undefined) {
      this.#log.close();
      this.#log = this.#comingLog;
      this.#comingLog = undefined;
      this.#followLog();
    }
    for (const error of this.#listeners.adopt(config)) {
      this.write("error", formatSystemError(error));
    }
    this.#pidFile.adopt();
    this.#listenForControl();
  }

  /** The end of everything but the children. */
  closeListeners(isShared: boolean): void {
    this.#listeners.closeAll(isShared);
  }

  /** Take over what the old master left. */
  inherit(groups: readonly HandedGroup[], pidFile?: HandedFile): void {
    this.#listeners.inherit(groups);
    if (pidFile !== undefined) this.#pidFile.inherit(pidFile);
  }

  /** Our pid file becomes `.oldbin`. */
  renamePid(): Result<void> {
    const renamed = this.#pidFile.rename();
    if (!renamed.ok) return renamed;
    this.#handedPid = renamed.value;
    return success(undefined);
  }

  /** Everything a new master is to have. */
  handOver(): Inheritance {
    return {
      master: Deno.pid,
      pidFile: this.#handedPid ?? null,
      groups: this.#listeners.handOver(),
    };
  }

  /** There is no new master: the pid file and the control socket are ours. */
  restorePid(): void {
    this.#handedPid = undefined;
    const restored = this.#pidFile.restore();
    if (!restored.ok) this.write("error", formatSystemError(restored.error));
    this.#listenForControl();
  }

  #listenForControl(): void {
    const path = controlPath(this.#config.pidPath);
    const listening = this.#control.listen(path);
    if (!listening.ok) {
      const text = formatSystemError(listening.error);
      this.write("error", `${text}, "--wait" will not work`);
    }
    this.#background?.release();
  }

  /** The last thing: nobody is running any more. */
  removePid(isShared: boolean): void {
    this.#control.close();
    this.#pidFile.remove(isShared);
  }

  /**
   * Reopen the error log, then give the workers' logs to their users, who must
   * be able to open them too. nginx: src/core/ngx_cycle.c, ngx_reopen_files.
   */
  reopenLogs(): void {
    const reopened = this.#log.reopen();
    if (!reopened.ok) {
      this.write("emerg", formatSystemError(reopened.error));
      return;
    }
    this.#followLog();
    if (effectiveUid() !== 0) return;
    for (const [path, { uid }] of workerLogs(this.#config)) {
      const given = giveLog(path, { uid, mode: LOG_FILE_MODE });
      if (!given.ok) this.write("emerg", formatSystemError(given.error));
    }
  }

  /** A daemon's stderr is its log. */
  #followLog(): void {
    const followed = this.#background?.follow(this.#log.path);
    if (followed === undefined || followed.ok) return;
    this.write("alert", formatSystemError(followed.error));
  }

  #openLog(wanted: ErrorLogConfig): Result<void> {
    const { path, level, format } = this.#config.errorLog;
    const isSame = wanted.path === path && wanted.level === level &&
      wanted.format === format;
    if (isSame) return success(undefined);
    const opened = openLog({ ...wanted, pid: Deno.pid });
    if (!opened.ok) return opened;
    this.#comingLog = opened.value;
    return success(undefined);
  }
}

/** Where the control socket is: beside the pid file, `.sock` for `.pid`. */
export function controlPath(pidPath: string): string {
  return `${pidPath.replace(/\.pid$/, "")}.sock`;
}

/** The files that workers of another user open, by path. */
function workerLogs({ pools }: Config): ReadonlyMap<string, UserConfig> {
  const logs = new Map<string, UserConfig>();
  for (const { worker: { errorLog, accessLog, user } } of pools) {
    if (user === undefined) continue;
    for (const path of [errorLog.path, accessLog?.path]) {
      // stdout and stderr are no files of ours.
      if (path?.startsWith("/")) logs.set(path, user);
    }
  }
  return logs;
}
