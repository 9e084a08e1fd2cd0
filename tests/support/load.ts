/**
 * Load while a test does something to the server: the bench's generator in a
 * process of its own (`bench/load.ts`), so that what this process does (starts
 * programs, waits) does not delay the clients, and every request is counted.
 */

import { formatLost, type LoadReport } from "../../bench/load_report.ts";
import { Clients } from "./clients.ts";
import { until, within } from "./until.ts";

const PROGRAM = new URL("../../bench/load.ts", import.meta.url).pathname;

/** How to load. */
export interface LoadOptions {
  readonly port: number;
  /** Many requests per connection, or one. */
  readonly mode: "keepalive" | "close";
  readonly connections?: number;
}

const CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;

/** Running clients; `stop` says what became of their requests. */
export class Load extends Clients<LoadReport> {
  /** Start; returns when the server has seen some of it. */
  static async start(options: LoadOptions): Promise<Load> {
    const { port, mode, connections = CONNECTIONS } = options;
    const argument = { port, mode, connections, timeoutMs: TIMEOUT_MS };
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", PROGRAM, JSON.stringify(argument)],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const load = new Load(process, finish);
    await until(() => hasClients(process.pid), {
      what: "connections of the load generator",
    });
    return load;
  }
}

async function finish(process: Deno.ChildProcess): Promise<LoadReport> {
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode("\n"));
  await writer.close();
  const output = await within(process.output(), {
    what: "the load generator's report",
  });
  return JSON.parse(new TextDecoder().decode(output.stdout));
}

/** Fails with the losses unless there are none and there was load at all. */
export function assertNothingLost(report: LoadReport): void {
  const lost = formatLost(report);
  if (lost === "0" && report.answered > 0) return;
  throw new Error(
    `lost ${lost} of ${report.answered} answered:\n` +
      report.examples.join("\n"),
  );
}

/** Whether the generator has sockets open besides its three pipes. */
function hasClients(pid: number): boolean {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].some(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/fd/${name}`).startsWith(
          "socket:",
        );
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
