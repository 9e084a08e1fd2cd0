/**
 * A zone in the hands of the cache loader: it walks through it once, in
 * passes, tells the cache manager of each entry, removes what cannot be used,
 * and temporary files that are nobody's any more. What is plainly not ours is
 * left alone, and said.
 *
 * nginx: src/http/ngx_http_file_cache.c, ngx_http_file_cache_loader.
 */

import { between } from "../base/unit.ts";
import type { ZoneConfig } from "../config/config.ts";
import { monotonicNow } from "../os/clock.ts";
import { isSpent } from "./budget.ts";
import { Reporter } from "./reporter.ts";
import { removeTemporaryFiles } from "./temporary_folder.ts";
import { Walk } from "./walk.ts";
import type { LoadedZone, ZoneHost } from "./zone.ts";

const BYTES_PER_MEGABYTE = 1024 * 1024;

/** Without a manager for so long, it walks for what it can do alone. */
const PATIENCE_MS = 10_000;

/** A zone that is not loaded yet. */
export function openLoadedZone(
  config: ZoneConfig,
  host: ZoneHost,
): LoadedZone {
  return new Loaded(config, host);
}

class Loaded implements LoadedZone {
  readonly #config: ZoneConfig;
  readonly #host: ZoneHost;
  readonly #reporter: Reporter;
  readonly #walk: Walk;
  readonly #openedAt = monotonicNow();
  #isListenedTo = false;

  constructor(config: ZoneConfig, host: ZoneHost) {
    this.#config = config;
    this.#host = host;
    this.#reporter = new Reporter(config.name, (notice) => {
      const isTaken = host.send(notice);
      this.#isListenedTo ||= isTaken;
      return isTaken;
    });
    this.#walk = new Walk(config, {
      log: (level, text) => host.log(level, text),
      onEntry: (entry) => this.#reporter.report({ kind: "found", entry }),
    });
  }

  load(signal: AbortSignal): Promise<boolean> {
    // No more is gathered than the manager takes.
    this.#reporter.flush();
    if (!this.#reporter.isEmpty && this.#hasPatience) {
      return Promise.resolve(false);
    }
    const begun = monotonicNow();
    for (let files = 0; !signal.aborted; files++) {
      const elapsedMs = between(begun, monotonicNow());
      if (isSpent(this.#config.loader, { files, elapsedMs })) break;
      if (this.#walk.next()) continue;
      return Promise.resolve(this.#end());
    }
    return Promise.resolve(false);
  }

  get #hasPatience(): boolean {
    return this.#isListenedTo ||
      between(this.#openedAt, monotonicNow()) < PATIENCE_MS;
  }

  #end(): boolean {
    this.#reporter.flush(true);
    if (!this.#reporter.isEmpty && this.#hasPatience) return false;
    const removed = removeTemporaryFiles(this.#config.path);
    this.#say(removed);
    return true;
  }

  #say(temporary: number): void {
    const { bytes, files, broken, foreign } = this.#walk;
    const { path } = this.#config;
    const megabytes = (bytes / BYTES_PER_MEGABYTE).toFixed(3);
    const parts = [`file cache: ${path} ${megabytes}M, files: ${files}`];
    if (broken > 0) parts.push(`broken and removed: ${broken}`);
    if (temporary > 0) parts.push(`temporary and removed: ${temporary}`);
    if (foreign > 0) parts.push(`not ours and left alone: ${foreign}`);
    this.#host.log("notice", parts.join(", "));
  }
}
