/** What the clients of mixed_load.ts ask for, where, and what they count. */

import type { LoadReport } from "../../bench/load_report.ts";
import type { Tally } from "../../bench/load_tally.ts";

/** What is asked for, and how. */
export const KINDS = [
  "static",
  "stream",
  "websocket",
  "https",
  "http2",
  "wss",
] as const;

/** One of them. */
export type Kind = (typeof KINDS)[number];

/** One each, because the kernel chooses the ports of all. */
export const HOSTS = {
  site: "127.0.0.3",
  plain: "127.0.0.2",
  // What the certificate is for.
  secure: "127.0.0.1",
} as const;

/** At which port of its host to ask for what. */
export interface MixedOptions {
  /** Files, over HTTP. */
  readonly site: number;
  /** tests/fixture/mixed_app.ts, over HTTP and HTTPS. */
  readonly plain: number;
  readonly secure: number;
  /** The certificate that the clients trust. */
  readonly certificate: string;
}

/** What a client is given: it goes on until the load is over. */
export interface Run {
  readonly tally: Tally;
  readonly isOver: boolean;
  /** Before each request. */
  think(): Promise<void>;
}

/** What became of the requests of each kind. */
export type MixedReport = Readonly<Record<Kind, LoadReport>>;
