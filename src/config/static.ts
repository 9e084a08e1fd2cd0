/**
 * `static` as written to the folder that is served: defaults, paths. Whether
 * the folder can be read is asked by whoever knows the machine.
 */

import type { StaticConfig } from "./config.ts";
import { DEFAULTS } from "./default.ts";
import { resolvePath } from "./path.ts";
import type { StaticSettings } from "./static_schema.ts";

/** Resolve it; a relative root is seen from `from`, which is absolute. */
export function resolveStatic(
  given: string | StaticSettings,
  from: string,
): StaticConfig {
  const settings: StaticSettings = typeof given === "string"
    ? { root: given }
    : given;
  const standard = DEFAULTS.static;
  const index = settings.index ?? standard.index;
  const charset = settings.charset ?? standard.charset;
  return {
    root: resolvePath(from, settings.root),
    index: typeof index === "string" ? [index] : index,
    autoindex: settings.autoindex ?? standard.autoindex,
    disableSymlinks: settings.disable_symlinks ?? standard.disable_symlinks,
    hiddenFiles: settings.hidden_files ?? standard.hidden_files,
    encodings: encodingsOf(settings),
    cacheControl: settings.cache_control,
    etag: settings.etag ?? standard.etag,
    rangesMax: settings.max_ranges ?? standard.max_ranges,
    notFound: belowRoot(settings.not_found),
    fallback: belowRoot(settings.fallback),
    types: { ...settings.types },
    defaultType: settings.default_type ?? standard.default_type,
    charset: charset === "off" ? undefined : charset,
  };
}

/** Brotli first: it is smaller. */
function encodingsOf(settings: StaticSettings): StaticConfig["encodings"] {
  const { brotli_static: brotli, gzip_static: gzip } = settings;
  return [
    ...brotli ?? DEFAULTS.static.brotli_static ? ["br"] as const : [],
    ...gzip ?? DEFAULTS.static.gzip_static ? ["gzip"] as const : [],
  ];
}

/** Absolute in the root, whatever is written. */
function belowRoot(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolvePath("/", path);
}
