/**
 * Operators who wait for an answer: everyone who asked for the same is told
 * the same, once. nginx has only signals, and nobody waits.
 *
 * Source: the control protocol in src/control/request.ts.
 */

import type { Outcome } from "./effect.ts";
import type { ControlRequest } from "./event.ts";
import type { MasterState, Step } from "./state.ts";
import { stay } from "./state.ts";

/** Tell everyone who waits for `request` how it ended. */
export function answer(
  state: MasterState,
  request: ControlRequest,
  outcome: Outcome,
): Step {
  const answered = state.waiters.filter((one) => one.request === request);
  const waiters = state.waiters.filter((one) => one.request !== request);
  return stay(
    { ...state, waiters },
    ...answered.map(({ token }) =>
      ({ kind: "reply", token, outcome }) as const
    ),
  );
}
