/**
 * Runs wrk, a load generator that is not ours: for throughput, and to check our
 * own one's count of losses. parseWrk() is pure.
 *
 * wrk counts a read error when a connection ends before the response to the
 * request it has sent; it honours `Connection: close`.
 */

import { isInstalled, runChild } from "./child.ts";
import type { Rate } from "./rounds.ts";
import type { Scratch } from "./scratch.ts";

/** What wrk prints, in numbers. */
export interface WrkReport {
  readonly requests: number;
  readonly perSecond: number;
  readonly connectErrors: number;
  readonly readErrors: number;
  readonly writeErrors: number;
  readonly timeouts: number;
  /** Answers other than 2xx and 3xx. */
  readonly badStatus: number;
}

/** What to ask of wrk. */
export interface WrkOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** "/" when it is not said. */
  readonly path?: string;
  /** Over TLS; wrk checks no certificate. */
  readonly tls?: boolean;
  /** A file in Lua that says what is asked. */
  readonly script?: string;
  /** One request per connection. */
  readonly close?: boolean;
}

/** Whether wrk is here; its `-v` exits with 1. */
export async function isWrkInstalled(scratch: Scratch): Promise<boolean> {
  return await isInstalled(scratch, ["sh", "-c", "command -v wrk"]);
}

/** Runs wrk to its end. */
export async function runWrk(
  scratch: Scratch,
  options: WrkOptions,
): Promise<WrkReport> {
  const { path = "/", script } = options;
  const { stdout, stderr } = await runChild(scratch, {
    command: [
      ...["wrk", "-t1", `-c${options.connections}`, `-d${options.seconds}s`],
      ...(options.close ? ["-H", "Connection: close"] : []),
      ...(script === undefined ? [] : ["-s", script]),
      `${options.tls ? "https" : "http"}://127.0.0.1:${options.port}${path}`,
    ],
  });
  const report = parseWrk(stdout);
  if (report === undefined) {
    throw new Error(`wrk: ${stderr}${stdout}`);
  }
  return report;
}

/** Reads wrk's closing lines; undefined when they are not there. */
export function parseWrk(text: string): WrkReport | undefined {
  const number = (pattern: RegExp): number | undefined => {
    const match = pattern.exec(text);
    return match?.[1] === undefined ? undefined : Number(match[1]);
  };
  const requests = number(/^\s*(\d+) requests in /m);
  const perSecond = number(/^Requests\/sec:\s+([\d.]+)/m);
  if (requests === undefined || perSecond === undefined) {
    return undefined;
  }
  // Both lines are printed only when there is something to say.
  return {
    requests,
    perSecond,
    connectErrors: number(/Socket errors: connect (\d+)/) ?? 0,
    readErrors: number(/Socket errors:.* read (\d+)/) ?? 0,
    writeErrors: number(/Socket errors:.* write (\d+)/) ?? 0,
    timeouts: number(/Socket errors:.* timeout (\d+)/) ?? 0,
    badStatus: number(/Non-2xx or 3xx responses: (\d+)/) ?? 0,
  };
}

/** What a report comes to. */
export function rateOf(report: WrkReport): Rate {
  return {
    perSecond: report.perSecond,
    answers: report.requests,
    errors: wrkErrors(report),
  };
}

/** All that wrk calls an error. */
export function wrkErrors(report: WrkReport): number {
  return report.connectErrors + report.readErrors + report.writeErrors +
    report.timeouts + report.badStatus;
}
