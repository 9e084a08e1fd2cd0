/**
 * Which entries have to go, and when to look again. Pure: entries come in the
 * order of their last use, the least recent first, and what goes is always the
 * first so many of them.
 *
 * nginx: src/http/ngx_http_file_cache.c, ngx_http_file_cache_expire,
 * ngx_http_file_cache_forced_expire and ngx_http_file_cache_manager.
 */

import type { Bytes, Milliseconds } from "../base/unit.ts";
import { toMilliseconds } from "../base/unit.ts";

/** An entry that may go. */
export interface Candidate {
  readonly hash: string;
  /** What it takes on the disk. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAtMs: number;
}

/** How things are. */
export interface Usage {
  /** What the zone takes. */
  readonly bytes: number;
  /** What is free on its file system; undefined: nobody wants to know. */
  readonly freeBytes: number | undefined;
}

/** How they should be. */
export interface ZoneLimits {
  readonly sizeBytesMax: Bytes | undefined;
  readonly freeBytesMin: Bytes;
  readonly inactiveMs: Milliseconds;
}

/** nginx's: the manager looks at a zone at least that often. */
export const LOOK_MS_MAX = toMilliseconds(10_000);

/** Whether something has to go, used or not. */
export function isOver(
  { bytes, freeBytes }: Usage,
  { sizeBytesMax, freeBytesMin }: ZoneLimits,
): boolean {
  return (sizeBytesMax !== undefined && bytes > sizeBytesMax) ||
    (freeBytes !== undefined && freeBytes < freeBytesMin);
}

/** Whether an entry was not used for too long; a clock may have gone back. */
export function isInactive(
  { usedAtMs }: Candidate,
  { inactiveMs }: ZoneLimits,
  nowMs: number,
): boolean {
  return usedAtMs + inactiveMs <= nowMs;
}

/** How many of the candidates have to go: the first so many. */
export function countVictims(
  candidates: readonly Candidate[],
  usage: Usage,
  limits: ZoneLimits,
  nowMs: number,
): number {
  let { bytes, freeBytes } = usage;
  let count = 0;
  for (const candidate of candidates) {
    const mayStay = !isInactive(candidate, limits, nowMs) &&
      !isOver({ bytes, freeBytes }, limits);
    if (mayStay) break;
    count += 1;
    bytes -= candidate.bytes;
    if (freeBytes !== undefined) freeBytes += candidate.bytes;
  }
  return count;
}

/** In how many milliseconds the first of those that stay may be inactive. */
export function nextLook(
  first: Candidate | undefined,
  { inactiveMs }: ZoneLimits,
  nowMs: number,
): number {
  if (first === undefined) return LOOK_MS_MAX;
  const inMs = first.usedAtMs + inactiveMs - nowMs;
  return Math.min(LOOK_MS_MAX, Math.max(1, inMs));
}
