/**
 * The harness of the process tests: a folder, a mark in the environment, and a
 * look around afterwards.
 *
 *     Deno.test("reload drops no connection", scene(async (scene) => {
 *       const master = await scene.start({ worker_processes: 1 });
 *       await master.reload();
 *     }));
 *
 * After every test, unasked: masters still running are stopped and must exit
 * with 0 and as many descriptors as they had when they were ready; no alert
 * that was not announced, no process, no socket, no pid file is left
 * (aftermath.ts). When anything failed the folder is kept and the log printed;
 * `PROCMGR_TEST_KEEP=1` keeps every folder. Whatever happens, what a test
 * started is killed at its end.
 */

import { findings } from "./aftermath.ts";
import { configText, fixturePath, type TestConfig } from "./config.ts";
import { readText, TestLog } from "./log.ts";
import { Master } from "./master.ts";
import { killAll, processesOf } from "./proc.ts";
import type { Outcome } from "./program.ts";
import { FoundProgram, runProgram, spawnProgram } from "./program.ts";
import { until } from "./until.ts";

/** The variable that marks what a test started, and what that started. */
export const MARK_NAME = "PROCMGR_TEST_MARK";

/** Tests of what only root may do are skipped aloud elsewhere. */
export const IS_ROOT = Deno.uid() === 0;

/** How to start a master. */
export interface StartOptions {
  /** Instead of `-p FOLDER`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the program itself: what starts it, such as a task. */
  readonly command?: readonly string[];
  /** Programs that execute it, such as unshare(1). */
  readonly prefix?: readonly string[];
  /** Where its log goes besides stderr, in the folder. */
  readonly logs?: readonly string[];
  /** A name in the folder for the executable: an upgrade runs what it means. */
  readonly link?: string;
}

/** A test's body on a scene of its own, with the look around afterwards. */
export function scene(
  body: (scene: Scene) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const scene = new Scene();
    try {
      await body(scene);
      await scene.finish();
      scene.remove();
    } catch (error) {
      throw scene.explain(error);
    } finally {
      scene.killEverything();
    }
  };
}

/** One test's folder and what runs in it. */
export class Scene {
  /** Everybody may enter: workers may run as somebody else. */
  readonly folder: string;
  /** Instead of the program under test, from now on. */
  program: readonly string[] | undefined;
  /** More of the environment of everything that is started. */
  env: Readonly<Record<string, string>> = {};
  readonly #mark: string;
  readonly #masters: Master[] = [];
  readonly #announced: RegExp[] = [];
  readonly #spared: string[] = [];
  readonly #outputs: string[] = [];

  constructor() {
    this.folder = Deno.makeTempDirSync({ prefix: "procmgr_test_" });
    Deno.chmodSync(this.folder, 0o755);
    this.#mark = `${MARK_NAME}=${crypto.randomUUID()}`;
  }

  /** Where a file of this test is. */
  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Write a file of this test. */
  write(name: string, text: string): string {
    Deno.writeTextFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Write the configuration: the template with `config` over it. */
  configure(config: TestConfig = {}): void {
    this.write("procmgr.jsonc", configText(config));
  }

  /** Make `name` an app that is a fixture; later it may become another. */
  useApp(name: string, fixture: string): string {
    const from = JSON.stringify(`file://${fixturePath(fixture)}`);
    return this.write(name, `export { default } from ${from};\n`);
  }

  /** Configure, start, wait until it is ready. */
  async start(
    config: TestConfig = {},
    options: StartOptions = {},
  ): Promise<Master> {
    this.configure(config);
    const master = this.spawn(options);
    await master.ready();
    return master;
  }

  /** Start on the configuration that is there, and do not wait. */
  spawn(options: StartOptions = {}): Master {
    const { args = ["-p", this.folder], env = {}, prefix = [] } = options;
    const number = this.#masters.length + 1;
    const stdoutPath = this.path(`master_${number}.stdout`);
    const stderrPath = this.path(`master_${number}.stderr`);
    const link = options.link && this.path(options.link);
    const program = spawnProgram(
      {
        command: options.command ?? this.program,
        prefix,
        args,
        cwd: this.folder,
        env: { ...this.#env(), ...env },
        link,
      },
      { stdoutPath, stderrPath },
    );
    const logs = (options.logs ?? ["error.log"]).map((name) => this.path(name));
    this.#outputs.push(stdoutPath, stderrPath, ...logs);
    const master = new Master({
      program,
      log: this.#logOf([...logs, stderrPath, stdoutPath]),
      args,
      run: (more) => this.run(...more),
    });
    this.#masters.push(master);
    return master;
  }

  /**
   * The new master that the pid file names, which `old` executed: a master
   * like others, stopped and looked at when the test is over.
   */
  async successor(old: Master): Promise<Master> {
    const pid = await until(() => {
      const named = Number(readText(this.path("procmgr.pid")));
      const isReady = old.log.count(
        new RegExp(`new binary process ${named} is ready`),
      ) > 0;
      return isReady && named !== old.pid && named;
    }, { what: "a new master that is ready" });
    const { log } = old;
    const leaves = new RegExp(`${pid}#0: exit$`);
    const master = new Master({
      program: new FoundProgram(pid, () => log.count(leaves) > 0),
      log,
      args: ["-p", this.folder],
      run: (more) => this.run(...more),
    });
    this.#masters.push(master);
    return master;
  }

  /** Run procmgr's command line to its end. */
  async run(...args: readonly string[]): Promise<Outcome> {
    const { folder: cwd, program: command } = this;
    return await runProgram({ args, cwd, env: this.#env(), command });
  }

  /** Lines of level alert or emerg that match are no failure, but a must. */
  announce(...patterns: readonly RegExp[]): void {
    this.#announced.push(...patterns);
  }

  /** These files of the folder may be left, though sockets or pid files. */
  spare(...names: readonly string[]): void {
    this.#spared.push(...names);
  }

  /** Another log file to be looked at afterwards. */
  logAt(...names: readonly string[]): TestLog {
    const paths = names.map((name) => this.path(name));
    this.#outputs.push(...paths);
    return this.#logOf(paths);
  }

  /** Stop what runs, then look around; throws what is wrong. */
  async finish(): Promise<void> {
    for (const master of this.#masters) await master.finish();
    const found = await findings({
      text: this.#text(),
      announced: this.#announced,
      folder: this.folder,
      spared: this.#spared,
      mark: this.#mark,
      sessions: this.#sessions(),
    });
    if (found.length > 0) throw new Error(found.join("\n"));
  }

  /** Remove the folder, unless it is to be kept. */
  remove(): void {
    if (Deno.env.get("PROCMGR_TEST_KEEP") === "1") return;
    Deno.removeSync(this.folder, { recursive: true });
  }

  /** A failure with the log beside it. */
  explain(error: unknown): Error {
    const said = error instanceof Error ? error.stack : String(error);
    return new Error(
      `${said}\n--- kept: ${this.folder}\n${this.#text()}---`,
    );
  }

  /** Nothing a test started outlives it. */
  killEverything(): void {
    killAll(processesOf(this.#mark, this.#sessions()));
  }

  #logOf(paths: readonly string[]): TestLog {
    return new TestLog(() => paths, (pattern) => this.announce(pattern));
  }

  #text(): string {
    return [...new Set(this.#outputs)].map(readText).join("");
  }

  #sessions(): number[] {
    return this.#masters.map(({ pid }) => pid);
  }

  #env(): Record<string, string> {
    const [name = "", value = ""] = this.#mark.split("=");
    return { ...this.env, NO_COLOR: "1", [name]: value };
  }
}
