/**
 * `access_log` as written to what a worker needs, its format compiled once to
 * see that it can be.
 */

import { compileFormat, NAMED_FORMATS, variableNames } from "../log/access.ts";
import { toBytes, toMilliseconds } from "../base/unit.ts";
import type { AccessLogSettings } from "./access_log_schema.ts";
import type { AccessLogConfig } from "./config.ts";
import { DEFAULTS } from "./default.ts";
import { nearest } from "./error.ts";
import { resolvePath } from "./path.ts";
import { parseSize, parseTime } from "./quantity.ts";

/** More is memory, and lines that a crash takes along. */
const BUFFER_BYTES_MAX = 16 * 1024 * 1024;

/** A log, none, or the option that is wrong and why. */
export type ResolvedAccessLog =
  | { readonly ok: true; readonly log: AccessLogConfig | undefined }
  | {
    readonly ok: false;
    readonly option: "buffer" | "format";
    readonly wrong: string;
  };

/** Resolve it; a relative path is seen from `prefix`. */
export function resolveAccessLog(
  given: string | AccessLogSettings | undefined,
  prefix: string,
): ResolvedAccessLog {
  const standard = DEFAULTS.access_log;
  const settings: AccessLogSettings = typeof given === "object"
    ? given
    : { path: given ?? standard.path };
  const { path } = settings;
  const format = settings.format ?? standard.format;
  const escape = settings.escape ?? standard.escape;
  const compiled = compileFormat(format, escape);
  if (!compiled.ok) {
    const wrong = `${compiled.wrong}${hintOf(format, compiled.name)}`;
    return { ok: false, option: "format", wrong };
  }
  const bufferBytes = parseSize(settings.buffer ?? standard.buffer) ??
    toBytes(0);
  if (bufferBytes > BUFFER_BYTES_MAX) {
    const wrong = "is larger than 16 MiB";
    return { ok: false, option: "buffer", wrong };
  }
  if (path === "off") return { ok: true, log: undefined };
  const flushMs = parseTime(settings.flush ?? standard.flush) ??
    toMilliseconds(1000);
  const isStream = path === "stderr" || path === "stdout";
  const log: AccessLogConfig = {
    path: isStream ? path : resolvePath(prefix, path),
    format,
    escape,
    bufferBytes,
    flushMs,
  };
  return { ok: true, log };
}

/** The name that was meant. */
function hintOf(format: string, variable: string | undefined): string {
  const near = variable === undefined
    ? nearest(format, NAMED_FORMATS)
    : nearest(variable, variableNames().filter((one) => !one.endsWith("_")));
  if (near === undefined) return "";
  return `, did you mean "${variable === undefined ? "" : "$"}${near}"?`;
}
