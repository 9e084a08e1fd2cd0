/**
 * One worker process without a master: the test is the master. It opens the
 * listening socket, spawns the worker with a channel, sends `init` and reads
 * what comes back. Used with `await using`: the process, the socket and the
 * temporary folder are gone afterwards, whatever the test did.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Exit } from "../../src/base/exit.ts";
import {
  type Fd,
  toGeneration,
  toOrdinal,
  toSlotIndex,
} from "../../src/base/id.ts";
import { toMilliseconds } from "../../src/base/unit.ts";
import type { WorkerConfig } from "../../src/config/config.ts";
import { resolveHttp } from "../../src/config/http.ts";
import type { Init, ToChild } from "../../src/channel/message.ts";
import { closeFd, setCloseOnExec } from "../../src/os/fd.ts";
import { boundPort, openTcp } from "../../src/os/socket.ts";
import { fdsOf } from "./proc.ts";
import { until } from "./until.ts";

const MAIN = fileURLToPath(
  new URL("../fixture/worker_main.ts", import.meta.url),
);

/** How a worker under test is started. */
export interface WorkerOptions {
  /** A module of tests/fixture, or an absolute path. */
  readonly app: string;
  readonly config?: Partial<WorkerConfig>;
  readonly init?: Partial<Init>;
  readonly env?: Readonly<Record<string, string>>;
  /** Listen here instead of on a socket of its own. */
  readonly listener?: Fd;
  /** Its clients come through a proxy that says who they are. */
  readonly proxyProtocol?: boolean;
  /** Spawn it as this user, without `init` having a say. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** With SIGUSR1 blocked, as the master starts it from source. */
  readonly blocksUsr1?: boolean;
  /** Do not send `init`. */
  readonly silent?: boolean;
  /** The folder of its log; one of its own unless given. */
  readonly folder?: string;
}

/** The absolute path of a fixture. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixture/${name}`, import.meta.url));
}

/** A listening socket on a port of the kernel's choice. */
export function openTestListener(): Fd {
  const opened = openTcp({
    family: 4,
    host: "127.0.0.1",
    port: 0,
    ipv6Only: false,
    backlog: 511,
    reuseport: "off",
  });
  if (!opened.ok) throw new Error(opened.error.text);
  return opened.value;
}

export class WorkerProcess implements AsyncDisposable {
  readonly port: number;
  readonly listener: Fd;
  readonly folder: string;
  readonly logPath: string;
  readonly messages: unknown[] = [];
  readonly exited: Promise<Exit>;
  stderr = "";
  stdout = "";
  readonly #process: ChildProcess;
  readonly #options: WorkerOptions;
  #isOver = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.folder = options.folder ?? Deno.makeTempDirSync();
    this.logPath = `${this.folder}/error.log`;
    this.listener = options.listener ?? openTestListener();
    this.port = boundPort(this.listener);
    setCloseOnExec(this.listener, false);
    const command = [
      ...options.blocksUsr1 === true ? ["env", "--block-signal=USR1"] : [],
      ...[Deno.execPath(), "run", "--allow-all", "--quiet", MAIN],
    ];
    this.#process = spawn(
      command[0] ?? "",
      [...command.slice(1), "--role=worker"],
      {
        ...options.runAs,
        env: { ...Deno.env.toObject(), NO_COLOR: "1", ...options.env },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    setCloseOnExec(this.listener, true);
    this.exited = this.#watch();
    if (options.silent !== true) this.send(this.init());
  }

  /** Start it and wait until it serves. */
  static async start(options: WorkerOptions): Promise<WorkerProcess> {
    const worker = new WorkerProcess(options);
    await worker.expectMessage("ready");
    return worker;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The text of the first emerg line. */
  get reason(): string {
    return /\[emerg\] \d+#0: (.*)/.exec(this.log)?.[1] ?? "";
  }

  get log(): string {
    try {
      return Deno.readTextFileSync(this.logPath);
    } catch {
      return "";
    }
  }

  init(): Init {
    const { app, config, init, proxyProtocol = false } = this.#options;
    return {
      kind: "init",
      role: "worker",
      pool: "worker",
      slot: toSlotIndex(0),
      generation: toGeneration(1),
      ordinal: toOrdinal(0),
      listeners: [{
        fd: this.listener,
        address: "127.0.0.1:0",
        bound: `127.0.0.1:${this.port}`,
        proxyProtocol,
      }],
      handoff: 0,
      ...init,
      config: {
        app: app.startsWith("/") ? app : fixturePath(app),
        static: undefined,
        errorLog: { path: this.logPath, level: "debug", format: "text" },
        responseCache: undefined,
        accessLog: undefined,
        user: undefined,
        workingDirectory: undefined,
        clearEnv: false,
        env: {},
        priority: undefined,
        cpus: undefined,
        rlimitNofile: undefined,
        rlimitCoreBytes: undefined,
        shutdownTimeoutMs: toMilliseconds(10_000),
        keepaliveDrainMs: toMilliseconds(300),
        debugPoints: "off",
        http: resolveHttp(() => undefined),
        realIp: undefined,
        ...config,
      },
    };
  }

  send(message: ToChild | object | string): void {
    this.#process.send(message as object);
  }

  /** Ask it to drain, as the master does. */
  quit(lingerMs = 0): void {
    this.send({ kind: "quit", lingerMs });
  }

  /** Close the channel, as a dying master does. */
  abandon(): void {
    this.#process.disconnect();
  }

  kill(signal: Deno.Signal): void {
    Deno.kill(this.pid, signal);
  }

  /** How many connections it has open. man 5 proc, /proc/net/tcp */
  open(): number {
    const held = new Set(
      [...fdsOf(this.pid).values()].flatMap((target) =>
        /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []
      ),
    );
    const port = this.port.toString(16).toUpperCase().padStart(4, "0");
    const lines = Deno.readTextFileSync("/proc/net/tcp").split("\n");
    return lines.filter((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim()
        .split(/\s+/);
      return local.endsWith(`:${port}`) && state !== "0A" && held.has(inode);
    }).length;
  }

  async expectOpen(count: number): Promise<void> {
    await until(() => this.open() === count, {
      what: () => `${count} open connections, not ${this.open()}`,
    });
  }

  async expectMessage(kind: string): Promise<void> {
    await until(() => {
      if (this.messages.some((m) => (m as { kind?: unknown }).kind === kind)) {
        return true;
      }
      if (this.#isOver) {
        throw new Error(`exited without "${kind}": ${this.stderr}${this.log}`);
      }
      return false;
    }, { what: () => `message "${kind}": ${this.stderr}${this.log}` });
  }

  async expectLog(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.log), {
      what: () =>
        `log line ${pattern}, got:
${this.log}${this.stderr}`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.#process.kill("SIGKILL");
    await this.exited;
    if (this.#options.listener === undefined) closeFd(this.listener);
    if (this.#options.folder === undefined) {
      Deno.removeSync(this.folder, { recursive: true });
    }
  }

  #watch(): Promise<Exit> {
    const child = this.#process;
    child.on("message", (message) => this.messages.push(message));
    child.stdout?.on("data", (chunk) => this.stdout += String(chunk));
    child.stderr?.on("data", (chunk) => this.stderr += String(chunk));
    child.on("error", () => {});
    return new Promise((resolve) => {
      child.on("close", (code, signal) => {
        this.#isOver = true;
        resolve(
          signal === null
            ? { kind: "code", code: code ?? 0 }
            : { kind: "signal", signal },
        );
      });
    });
  }
}
