/**
 * What serving costs: hello, files and TLS beside others, memory that must not
 * grow with requests or with clients that go, and connections that wait.
 */

import type { Context } from "./context.ts";
import type { Section } from "./section.ts";
import { measureIdle } from "./serving_idle.ts";
import { measureLeaks } from "./serving_leaks.ts";
import { measureRates } from "./serving_rates.ts";

/** The limits are those of the three parts. */
export async function measureServing(
  context: Context,
): Promise<readonly Section[]> {
  return [
    await measureRates(context),
    await measureLeaks(context),
    await measureIdle(context),
  ];
}
