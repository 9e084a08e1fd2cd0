/**
 * When a worker that ended may start again: exit code 2 never (nginx:
 * src/os/unix/ngx_process.c, ngx_process_get_status), otherwise at once the
 * first time, then after an exponential backoff with jitter and a cap
 * (einhorn), with a clean record after a stable while. Never given up for
 * good: nginx respawns in a storm, others stop for ever; both hurt.
 */

import { EXIT_CODE } from "../../base/exit_code.ts";
import type { Exit } from "../../base/exit.ts";
import { nextRandom } from "../../base/prng.ts";
import type { Instant, Milliseconds } from "../../base/unit.ts";
import { between, toMilliseconds } from "../../base/unit.ts";
import type { Policy } from "./policy.ts";
import type { LiveSlot } from "./slot.ts";

/** Whether this exit forbids a respawn. */
export function isFatal(exit: Exit): boolean {
  return exit.kind === "code" && exit.code === EXIT_CODE.FATAL;
}

/** The record of a worker whose process in `slot` has just ended. */
export function failuresAfter(
  slot: LiveSlot,
  now: Instant,
  policy: Policy,
): number {
  const wasStable = slot.phase === "serving" &&
    between(slot.since, now) >= policy.stableMs;
  return wasStable ? 1 : slot.failures + 1;
}

/** How long to wait before the next spawn, and the generator's next state. */
export interface Backoff {
  readonly delayMs: Milliseconds;
  readonly random: number;
}

/**
 * The delay after `failures` ends in a row: 0 after the first, then from
 * `backoffMinMs` doubling up to `backoffMaxMs`, times 0.5 to 1 so that workers
 * which failed together do not come back together.
 */
export function backoffAfter(
  failures: number,
  random: number,
  policy: Policy,
): Backoff {
  if (failures <= 1) return { delayMs: toMilliseconds(0), random };
  const doublings = Math.min(failures - 2, 30);
  const fullMs = Math.min(
    policy.backoffMaxMs,
    policy.backoffMinMs * 2 ** doublings,
  );
  const drawn = nextRandom(random);
  const delayMs = Math.ceil(fullMs * (0.5 + drawn.value / 2));
  return { delayMs: toMilliseconds(delayMs), random: drawn.state };
}
