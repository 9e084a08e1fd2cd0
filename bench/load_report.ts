/**
 * What the load generator counts and hands back.
 *
 * A request is lost when it was tried and no full, good answer came: refused,
 * reset, closed without a byte, cut short, never answered, or answered wrongly.
 * A connection the server closes while no request is outstanding is no loss.
 * Nothing is ever retried silently. Data only.
 */

/** Why a request was lost. */
export type Loss =
  /** connect() was refused. */
  | "refused"
  /** Reset before the full response. */
  | "reset"
  /** Closed before the first byte of the response. */
  | "closed"
  /** Closed within the response. */
  | "truncated"
  /** No full response in time. */
  | "timeout"
  /** A full response that is not 200. */
  | "status"
  /** Not HTTP, or more than was asked for. */
  | "broken"
  /** Any other error of connect(). */
  | "failed";

/** All kinds of losses, in the order they are printed. */
export const LOSSES: readonly Loss[] = [
  "refused",
  "reset",
  "closed",
  "truncated",
  "timeout",
  "status",
  "broken",
  "failed",
];

/** What happened after the kill, where the load generator was to kill. */
export interface KillReport {
  /** Requests that were outstanding on connections of before the kill. */
  readonly lostOld: number;
  /** Requests lost on connections opened after it. */
  readonly lostNew: number;
  /** Connections refused after it. */
  readonly refused: number;
  /**
   * From the kill to the first full answer on a connection opened after it,
   * in milliseconds; null when none came.
   */
  readonly nextAnswerMs: number | null;
}

/** One run of the load generator. */
export interface LoadReport {
  readonly seconds: number;
  /** Full, good answers. */
  readonly answered: number;
  readonly connections: number;
  /** Answers that said the connection ends with them. */
  readonly closes: number;
  readonly lost: Readonly<Record<Loss, number>>;
  /** Failures of this side, such as no free port; no loss of the server's. */
  readonly local: number;
  /** The first few losses in words. */
  readonly examples: readonly string[];
  readonly kill: KillReport | null;
}

/** How many requests a report lost in all. */
export function lostTotal(report: LoadReport): number {
  return LOSSES.reduce((total, loss) => total + report.lost[loss], 0);
}

/** `3 (2 closed, 1 reset)`, or `0`. */
export function formatLost(report: LoadReport): string {
  const parts = LOSSES.filter((loss) => report.lost[loss] > 0)
    .map((loss) => `${report.lost[loss]} ${loss}`);
  return parts.length === 0
    ? "0"
    : `${lostTotal(report)} (${parts.join(", ")})`;
}
