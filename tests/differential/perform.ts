/**
 * The steps, done on a stage: one function per kind. Decides nothing; what a
 * step finds out is a fact by the step's label.
 */

import { cwdOf, isAlive, limitOf, statOf, statusOf } from "../support/proc.ts";
import { readText } from "../support/log.ts";
import { throughout, until } from "../support/until.ts";
import { holds } from "./condition.ts";
import { Client, get, orLate } from "./connection.ts";
import { comparable } from "./log_line.ts";
import { endOf, look } from "./observe.ts";
import type { Condition, Step } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { awaitUp, begin } from "./start.ts";

/** Generous, because the machine may be busy. */
const WITHIN_MS = 20_000;

/** How often a pestering signal is sent. */
const PESTER_S = 0.03;

type Doer<Kind> = (
  stage: Stage,
  step: Extract<Step, { readonly kind: Kind }>,
) => Promise<void> | void;

const DOERS: { readonly [Kind in Step["kind"]]: Doer<Kind> } = {
  start: begin,
  up: (stage, { label }) => awaitUp(stage, label),
  get: async (stage, { label, port, withinMs = WITHIN_MS }) =>
    stage.say(label, await get(stage.port(port), withinMs)),
  hold: hold,
  release: (stage, { name }) => stage.backend.release(pathOf(name)),
  ask: ask,
  outcome: async (stage, { name, label = name, withinMs }) =>
    stage.say(label, await clientOf(stage, name).outcome(withinMs)),
  closes: async (stage, { name, withinMs = WITHIN_MS }) =>
    stage.say(
      `${name} is closed`,
      yes(await clientOf(stage, name).closes(withinMs)),
    ),
  signal: signal,
  pester: pester,
  configure: (stage, { change }) => {
    stage.settings = { ...stage.settings, ...change };
    stage.configure("first", stage.settings);
  },
  fault: (stage, { fault }) =>
    Deno.writeTextFileSync(stage.path("fault"), fault === "none" ? "" : fault),
  look: (stage, { label }) => look(stage, label),
  until: async (stage, { label, is, withinMs = WITHIN_MS }) =>
    stage.say(label, yes(await orLate(() => holds(stage, is), withinMs))),
  stays: async (stage, step) =>
    stage.say(step.label, yes(await stays(stage, step.is, step.forMs))),
  count: (stage, { label, pattern, few }) => {
    const count = linesOf(stage.logText(), pattern).length;
    stage.say(label, count <= few ? "few" : "many");
  },
  order: (stage, { label, of }) =>
    stage.say(label, yes(isInOrder(stage.logText(), of))),
  clock: (stage, { label, pattern }) => {
    const lines = linesOf(stage.logText(), pattern);
    const times = new Set(lines.map((line) => line.slice(0, 19)));
    stage.say(label, yes(times.size > 1));
  },
  says: (stage, { label, file, pattern }) => {
    const text = readText(stage.path(file));
    stage.say(label, yes(linesOf(text, pattern).length > 0));
  },
  command: command,
  file: changeFile,
  owner: (stage, { label, name }) => {
    const { uid } = Deno.statSync(stage.path(name));
    stage.say(label, uid === 0 ? "root" : "somebody else");
  },
  attributes: attributes,
  occupy: (stage, { port }) => {
    const hostname = "127.0.0.1";
    const occupant = Deno.listen({ hostname, port: stage.port(port) });
    stage.occupants.set(port, occupant);
  },
  vacate: (stage, { port }) => {
    stage.occupants.get(port)?.close();
    stage.occupants.delete(port);
  },
  bystander: (stage) => {
    stage.bystander = new Deno.Command("sleep", { args: ["3600"] }).spawn();
  },
  ended: async (stage, { label, of, withinMs = WITHIN_MS }) => {
    const name = of === "second" ? "second" : "first";
    const instance = stage.instance(name);
    await orLate(() => !isAlive(instance.pid), withinMs);
    const end = await endOf(stage, name);
    instance.endSeen = end !== "alive";
    stage.say(label, end);
  },
};

/** Do one step. */
export async function perform(stage: Stage, step: Step): Promise<void> {
  const doer = DOERS[step.kind] as Doer<Step["kind"]>;
  await doer(stage, step);
}

async function hold(
  stage: Stage,
  { name, how, port }: Extract<Step, { readonly kind: "hold" }>,
): Promise<void> {
  const client = await Client.connect(stage.port(port));
  if (client === undefined) throw new Error(`${name}: refused`);
  stage.clients.set(name, client);
  if (how === "slow") {
    const path = `/held/${pathOf(name)}`;
    await client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    if (!await client.hears(/first$/, WITHIN_MS)) {
      throw new Error(`${name}: no answer`);
    }
  } else if (how === "idle") {
    await client.ask();
    const outcome = await client.outcome(WITHIN_MS);
    if (outcome !== "200 whole") throw new Error(`${name}: ${outcome}`);
  } else if (how === "waiting") {
    await client.ask();
  } else {
    if (how === "half") await client.askHalf();
    await accepted(stage);
  }
}

/** A connection's name in a path. */
function pathOf(name: string): string {
  return name.replaceAll(" ", "_");
}

/** Somebody has taken what waited in the queue of the port. */
async function accepted(stage: Stage): Promise<void> {
  // Deno and nginx take everything at once: the one who comes later is last.
  const outcome = await get(stage.port(), WITHIN_MS);
  if (outcome !== "200 whole") throw new Error(`not accepted: ${outcome}`);
  await until(() => queueOf(stage.port()) === 0, {
    what: "an empty accept queue",
  });
}

/** How many connections wait in a port's queues. man 5 proc, /proc/net/tcp */
function queueOf(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  let waiting = 0;
  for (const line of readText("/proc/net/tcp").split("\n")) {
    const [, local = "", , state, queues = ""] = line.trim().split(/\s+/);
    if (state !== "0A" || !local.endsWith(end)) continue;
    waiting += parseInt(queues.split(":")[1] ?? "0", 16);
  }
  return waiting;
}

async function ask(
  stage: Stage,
  { name }: Extract<Step, { readonly kind: "ask" }>,
): Promise<void> {
  const client = clientOf(stage, name);
  if (name.startsWith("half")) await client.finishHalf();
  else await client.ask();
}

function clientOf(stage: Stage, name: string): Client {
  const client = stage.clients.get(name);
  if (client === undefined) throw new Error(`no connection ${name}`);
  return client;
}

async function signal(
  stage: Stage,
  { to, signals }: Extract<Step, { readonly kind: "signal" }>,
): Promise<void> {
  for (const pid of stage.pidsOf(to)) {
    const isBurst = signals.length > 1;
    if (isBurst) {
      Deno.kill(pid, "SIGSTOP");
      await until(() => statOf(pid)?.state === "T", { what: "a stopped one" });
    }
    for (const one of signals) send(pid, one);
    if (isBurst) send(pid, "SIGCONT");
  }
}

/** Whom one of the programs has no more is nobody to tell. */
function send(pid: number, one: Deno.Signal): void {
  try {
    Deno.kill(pid, one);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** By a process of its own: a busy suite would leave gaps. */
async function pester(
  stage: Stage,
  step: Extract<Step, { readonly kind: "pester" }>,
): Promise<void> {
  const { pid } = stage.instance();
  const name = step.signal.replace("SIG", "");
  const loop = `while kill -${name} ${pid}; do sleep ${PESTER_S}; done`;
  const pesterer = new Deno.Command("sh", {
    args: ["-c", loop],
    stdin: "null",
    stderr: "null",
  }).spawn();
  const ended = await orLate(() => !isAlive(pid), step.forMs);
  if (!ended) pesterer.kill("SIGKILL");
  await pesterer.status;
  stage.say(step.label, yes(ended));
}

async function stays(
  stage: Stage,
  condition: Condition,
  forMs: number,
): Promise<boolean> {
  try {
    const what = "a condition";
    await throughout(() => holds(stage, condition), { what, forMs });
    return true;
  } catch {
    return false;
  }
}

async function command(
  stage: Stage,
  { label, is }: Extract<Step, { readonly kind: "command" }>,
): Promise<void> {
  const { driver, folder } = stage;
  const { side } = driver;
  const config = driver.configName("first");
  const output = await stage.run(driver.command(is, stage, config));
  stage.say(`${label}: exit`, String(output.code));
  const said = new TextDecoder().decode(output.stderr).split("\n")
    .map((line) =>
      line.replace(/^\d{4}\/\S+ \S+ /, "").replace(/\] \d+#\d+: /, "] ")
        .replace(`${side}: `, "")
    )
    .map((line) => comparable(line, { folder, side }))
    .filter((line) => line !== "");
  stage.say(`${label}: says`, said.join("; ") || "nothing");
}

function changeFile(
  stage: Stage,
  { does, name, to = "" }: Extract<Step, { readonly kind: "file" }>,
): void {
  const path = stage.path(name);
  if (does === "rename") return Deno.renameSync(path, stage.path(to));
  if (does === "remove") return removeIfThere(path);
  if (does === "folder") return Deno.mkdirSync(path);
  const pid = String(stage.bystander?.pid ?? 0);
  Deno.writeTextFileSync(path, to.replace("{bystander}", pid));
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What the kernel says, in words that have no folder and no number in them. */
function attributes(
  stage: Stage,
  { label, of }: Extract<Step, { readonly kind: "attributes" }>,
): void {
  const [pid = 0] = stage.pidsOf(of);
  const uid = statusOf(pid, "Uid")?.split("\t")[0];
  const values: Readonly<Record<string, string | undefined>> = {
    nice: String(statOf(pid)?.nice),
    nofile: limitOf(pid, "Max open files")[0],
    folder: cwdOf(pid).replace(stage.folder, "$D"),
    user: uid === "0" ? "root" : "somebody else",
  };
  for (const [name, value] of Object.entries(values)) {
    stage.say(`${label}: ${name}`, value ?? "unknown");
  }
}

function isInOrder(text: string, patterns: readonly RegExp[]): boolean {
  const lines = text.split("\n");
  let from = 0;
  for (const pattern of patterns) {
    const at = lines.findIndex((line, index) =>
      index >= from && pattern.test(line)
    );
    if (at === -1) return false;
    from = at + 1;
  }
  return true;
}

function linesOf(text: string, pattern: RegExp): readonly string[] {
  return text.split("\n").filter((line) => pattern.test(line));
}

function yes(is: boolean): string {
  return is ? "yes" : "no";
}
