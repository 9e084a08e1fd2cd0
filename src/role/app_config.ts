/**
 * Loading the configuration together with what the apps bring themselves:
 * where it is not plain that Deno takes an app's deno.json, package.json or
 * lock file, Deno is asked, before a worker dies of it without a word.
 *
 * Asking costs a start of Deno, so it is done only then. Source of what is
 * plain: src/config/app_config.ts.
 */

import type { PoolConfig } from "../config/config.ts";
import { errorWithoutPlace } from "../config/error.ts";
import type { ConfigSource, Loaded } from "../config/load.ts";
import { loadConfig } from "../config/load.ts";
import { inquire } from "../os/inquiry.ts";
import type { Self } from "./handover.ts";
import { childEnv, inquiryCommand, moduleOf } from "./handover.ts";
import { compiledWarning, explainRefusal, singleWarning } from "./refusal.ts";

/** Longer than Deno ever takes to say that it does not like a file. */
const INQUIRY_TIMEOUT_MS = 10_000;

/** As loadConfig; what Deno refuses of an app's own files is an error, too. */
export async function loadWithApps(
  source: ConfigSource,
  self: Self,
): Promise<Loaded> {
  const loaded = await loadConfig(source);
  if (!loaded.ok) return loaded;
  const { pools, masterProcess } = loaded.config;
  if (!masterProcess) return withWarnings(loaded, pools.map(singleWarning));
  if (self.standalone) {
    return withWarnings(loaded, pools.map(compiledWarning));
  }
  const doubtful = pools.filter(({ appConfig }) => appConfig?.plain === false);
  const reasons = await Promise.all(doubtful.map(refusalOf));
  const errors = reasons.filter((reason) => reason !== undefined);
  if (errors.length === 0) return loaded;
  return { ok: false, errors: [...new Set(errors)].map(errorWithoutPlace) };
}

function withWarnings(
  loaded: Extract<Loaded, { readonly ok: true }>,
  said: readonly string[],
): Loaded {
  const more = new Set(said.filter((text) => text !== ""));
  const warnings = [...loaded.config.warnings, ...more];
  return { ...loaded, config: { ...loaded.config, warnings } };
}

/** Ask why Deno does not take what applies to the pool's app, if it does. */
export async function refusalOf(
  pool: PoolConfig,
): Promise<string | undefined> {
  const module = moduleOf(pool);
  if (module === undefined) return undefined;
  const { code, stderr } = await inquire(inquiryCommand(module), {
    env: { ...childEnv(Deno.env.toObject(), pool.worker), NO_COLOR: "1" },
    timeoutMs: INQUIRY_TIMEOUT_MS,
  });
  // Without an answer the worker will show it.
  if (code === 0 || code === undefined) return undefined;
  return explainRefusal(stderr, pool);
}
