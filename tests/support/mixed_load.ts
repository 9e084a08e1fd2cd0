/**
 * Every kind of load at once, from one process of its own, each kind with a
 * count of its own (tests/fixture/mixed_clients.ts).
 */

import { Clients } from "./clients.ts";
import { assertNothingLost } from "./load.ts";
import { KINDS, type MixedOptions, type MixedReport } from "./load_kind.ts";
import { pemOf } from "./tls.ts";
import { until, within } from "./until.ts";

const PROGRAM =
  new URL("../fixture/mixed_clients.ts", import.meta.url).pathname;

/** Running clients of every kind. */
export class MixedLoad extends Clients<MixedReport> {
  /** Start; returns when each kind has been answered. */
  static async start(
    ports: Omit<MixedOptions, "certificate">,
  ): Promise<MixedLoad> {
    const options = { ...ports, certificate: pemOf("a", "pem") };
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", PROGRAM, JSON.stringify(options)],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const load = new MixedLoad(process, finish);
    await answered(process);
    return load;
  }
}

/** It says a line when it is under way. */
async function answered({ stderr }: Deno.ChildProcess): Promise<void> {
  const reader = stderr.getReader();
  let said = "";
  await until(async () => {
    const { value, done } = await reader.read();
    said += new TextDecoder().decode(value);
    if (done) throw new Error(`The clients ended: ${said}`);
    return said.includes("under way\n");
  }, { what: () => `clients under way, they said ${said}` });
  reader.releaseLock();
}

async function finish(process: Deno.ChildProcess): Promise<MixedReport> {
  await process.stdin.close();
  const { stdout, stderr } = await within(process.output(), {
    what: "the clients' report",
    withinMs: 40_000,
  });
  const text = new TextDecoder().decode(stdout);
  if (text !== "") return JSON.parse(text);
  throw new Error(new TextDecoder().decode(stderr));
}

/** Fails with the losses of every kind that has some, or was not asked for. */
export function assertNoneLost(report: MixedReport): void {
  const errors = KINDS.flatMap((kind) => {
    try {
      assertNothingLost(report[kind]);
      return [];
    } catch (error) {
      return [`${kind}: ${error instanceof Error ? error.message : error}`];
    }
  });
  if (errors.length > 0) throw new Error(errors.join("\n"));
}
