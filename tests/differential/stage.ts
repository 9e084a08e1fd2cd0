/**
 * Where one side of one scenario happens: a folder, ports, processes, clients,
 * and the facts that come of it. Knows no steps (perform.ts) and no program
 * (the drivers). Whatever happens, `clear` leaves nothing.
 */

import { killAll, processesOf } from "../support/proc.ts";
import { readText } from "../support/log.ts";
import { type Program, spawnCommand } from "../support/program.ts";
import { Backend } from "./backend.ts";
import type { Client } from "./connection.ts";
import type { Driver, Place } from "./driver.ts";
import { Family } from "./family.ts";
import { faultLibrary } from "./fault.ts";
import { ReservedPort } from "./port.ts";
import type { Scenario, Settings, Target } from "./scenario.ts";
import { SETTINGS } from "./scenario.ts";

const MARK_NAME = "PROCMGR_DIFF_MARK";
const PORTS = 3;

/** One started program. */
export interface Instance {
  readonly name: string;
  readonly program: Program;
  readonly settings: Settings;
  /** The master: the program itself, but for a daemon. */
  pid: number;
  /** A step has seen its end. */
  endSeen: boolean;
}

/** One side of one scenario. */
export class Stage implements Place {
  readonly driver: Driver;
  readonly folder: string;
  readonly ports: readonly number[];
  readonly family: Family;
  readonly backend: Backend;
  readonly clients = new Map<string, Client>();
  readonly facts = new Map<string, string>();
  readonly instances = new Map<string, Instance>();
  readonly occupants = new Map<number, Deno.TcpListener>();
  settings: Settings;
  /** The workers at the last look. */
  known: readonly number[] = [];
  bystander: Deno.ChildProcess | undefined;
  readonly #reserved: readonly ReservedPort[];
  readonly #mark = crypto.randomUUID();
  readonly #isFaulty: boolean;

  constructor(driver: Driver, scenario: Scenario) {
    this.driver = driver;
    this.folder = Deno.makeTempDirSync({ prefix: `diff_${driver.side}_` });
    Deno.chmodSync(this.folder, 0o755);
    Deno.mkdirSync(this.path("temp"));
    this.#reserved = Array.from({ length: PORTS }, () => new ReservedPort());
    this.ports = this.#reserved.map(({ port }) => port);
    this.family = new Family(driver.side);
    this.backend = new Backend(this.path("backend.sock"));
    this.settings = { ...SETTINGS, ...scenario.settings };
    this.#isFaulty = scenario.needs?.includes("gcc") === true;
  }

  /** Where a file of this side is. */
  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** The port of that number. */
  port(index = 0): number {
    return this.ports[index] ?? 0;
  }

  /** A fact; a label that comes twice would hide the first. */
  say(fact: string, value: string): void {
    if (this.facts.has(fact)) throw new Error(`said twice: ${fact}`);
    this.facts.set(fact, value);
  }

  /** Write an instance's configuration. */
  configure(instance: string, settings: Settings): void {
    const path = this.path(this.driver.configName(instance));
    Deno.writeTextFileSync(path, this.driver.configText(settings, this));
  }

  /** Start an instance; its configuration is written before. */
  spawn(
    name: string,
    settings: Settings,
    env: Readonly<Record<string, string>>,
  ): void {
    const { driver } = this;
    const outputs = {
      stdoutPath: this.path(`${name}.stdout`),
      stderrPath: this.path(`${name}.stderr`),
    };
    const program = spawnCommand(
      driver.startCommand(this, driver.configName(name)),
      { args: [], cwd: this.folder, env: { ...this.#env(), ...env } },
      outputs,
    );
    const { pid } = program;
    const instance = { name, program, settings, pid, endSeen: false };
    this.instances.set(name, instance);
    this.family.adopt(pid);
  }

  /** Run a command of the program to its end. */
  async run(command: readonly string[]): Promise<Deno.CommandOutput> {
    const [file = "", ...args] = command;
    return await new Deno.Command(file, {
      args,
      cwd: this.folder,
      env: this.#env(),
      stdin: "null",
      signal: AbortSignal.timeout(30_000),
    }).output();
  }

  /** The instance of that name; the first unless named. */
  instance(name = "first"): Instance {
    const instance = this.instances.get(name);
    if (instance === undefined) throw new Error(`no instance ${name}`);
    return instance;
  }

  /** Whom a target means now. */
  pidsOf(target: Target): readonly number[] {
    const { family } = this;
    switch (target) {
      case "master":
      case "old master":
        return [this.instance().pid];
      case "second":
        return [this.instance("second").pid];
      case "new master":
        return [this.newMaster() ?? 0].filter((pid) => pid > 0);
      case "bystander":
        return [this.bystander?.pid ?? 0].filter((pid) => pid > 0);
      case "worker 0":
      case "worker 1":
        return this.known.slice(
          Number(target.at(-1)),
          Number(target.at(-1)) + 1,
        );
      case "workers":
        return this.known;
      case "cache manager":
        return family.pidsOf("manager");
      case "cache loader":
        return family.pidsOf("loader");
      case "group":
        return [-this.instance().pid];
    }
  }

  /** The master that an upgrade started, if any. */
  newMaster(): number | undefined {
    // Looking is finding.
    this.family.members();
    const started = [...this.instances.values()].flatMap((one) => [
      one.pid,
      one.program.pid,
    ]);
    return this.family.masters.findLast((pid) => !started.includes(pid));
  }

  /** The files that are logs. */
  logFiles(): readonly string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name)
      .filter((name) => /\.log|\.stderr$/.test(name)).sort();
  }

  /** Everything that was logged. */
  logText(): string {
    return this.logFiles().map((name) => readText(this.path(name))).join("");
  }

  /** Everybody of this side who still runs. */
  remaining(): readonly number[] {
    return processesOf(`${MARK_NAME}=${this.#mark}`, this.family.sessions());
  }

  /** Nothing of it outlives the scenario. */
  clear({ keep }: { readonly keep: boolean }): void {
    for (const client of this.clients.values()) client.close();
    for (const occupant of this.occupants.values()) occupant.close();
    this.occupants.clear();
    this.backend.close();
    killAll(this.remaining());
    killAll(this.bystander === undefined ? [] : [this.bystander.pid]);
    for (const port of this.#reserved) port[Symbol.dispose]();
    if (!keep) Deno.removeSync(this.folder, { recursive: true });
  }

  #env(): Record<string, string> {
    const library = this.#isFaulty ? faultLibrary() : undefined;
    return {
      [MARK_NAME]: this.#mark,
      DIFF_FOLDER: this.folder,
      NO_COLOR: "1",
      ...(library === undefined
        ? {}
        : { LD_PRELOAD: library, DIFF_FAULT: this.path("fault") }),
    };
  }
}
