/**
 * The load generator's counters while it runs.
 *
 * Knows what a loss means before and after the kill; knows no sockets.
 */

import type { KillReport, LoadReport, Loss } from "./load_report.ts";

const EXAMPLES_MAX = 10;

/** Counts outcomes; report() freezes them. Times in ms of one clock. */
export class Tally {
  readonly #startedMs: number;
  readonly #lost: Record<Loss, number> = {
    refused: 0,
    reset: 0,
    closed: 0,
    truncated: 0,
    timeout: 0,
    status: 0,
    broken: 0,
    failed: 0,
  };
  readonly #examples: string[] = [];
  #answered = 0;
  #connections = 0;
  #closes = 0;
  #local = 0;
  #killedMs: number | undefined;
  #lostOld = 0;
  #lostNew = 0;
  #refused = 0;
  #nextAnswerMs: number | null = null;

  constructor(nowMs: number) {
    this.#startedMs = nowMs;
  }

  /** A connection is open. */
  opened(): void {
    this.#connections++;
  }

  /** The kill is being sent now. */
  killed(nowMs: number): void {
    this.#killedMs = nowMs;
  }

  /** A full, good answer on a connection that was begun at `openedMs`. */
  answered(openedMs: number, nowMs: number): void {
    this.#answered++;
    if (this.#killedMs !== undefined && this.#nextAnswerMs === null) {
      if (openedMs > this.#killedMs) {
        this.#nextAnswerMs = nowMs - this.#killedMs;
      }
    }
  }

  /** The answer said that the connection ends. */
  closeAnnounced(): void {
    this.#closes++;
  }

  /** This side failed: no port, no descriptor. */
  failedHere(): void {
    this.#local++;
  }

  /** A request is lost; `detail` is for the examples. */
  lose(
    loss: Loss,
    at: { openedMs: number; nowMs: number; detail: string },
  ): void {
    this.#lost[loss]++;
    if (this.#examples.length < EXAMPLES_MAX) {
      const since = Math.round(at.nowMs - this.#startedMs);
      this.#examples.push(`${since} ms: ${loss}${at.detail}`);
    }
    if (this.#killedMs === undefined) {
      return;
    }
    if (loss === "refused") {
      this.#refused++;
    }
    if (at.openedMs > this.#killedMs) {
      this.#lostNew++;
    } else {
      this.#lostOld++;
    }
  }

  /** The counts so far. */
  report(nowMs: number): LoadReport {
    return {
      seconds: (nowMs - this.#startedMs) / 1000,
      answered: this.#answered,
      connections: this.#connections,
      closes: this.#closes,
      lost: { ...this.#lost },
      local: this.#local,
      examples: [...this.#examples],
      kill: this.#killReport(),
    };
  }

  #killReport(): KillReport | null {
    return this.#killedMs === undefined ? null : {
      lostOld: this.#lostOld,
      lostNew: this.#lostNew,
      refused: this.#refused,
      nextAnswerMs: this.#nextAnswerMs,
    };
  }
}
