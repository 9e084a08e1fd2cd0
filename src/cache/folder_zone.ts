/**
 * A zone as a folder: the loader walks through it in passes and says what it
 * found. There is nothing in it for the manager to remove yet: this version
 * stores no responses.
 *
 * A file that vanishes during the walk is nobody's error; a folder that cannot
 * be read is. Source: nginx src/core/ngx_file.c, ngx_walk_tree, and
 * src/http/ngx_http_file_cache.c, ngx_http_file_cache_loader.
 */

import { between } from "../base/unit.ts";
import type { ZoneConfig } from "../config/config.ts";
import { monotonicNow } from "../os/clock.ts";
import { isSpent } from "./budget.ts";
import type { Zone, ZoneLog } from "./zone.ts";

/** nginx's hour: nothing in the zone needs looking at. */
const NOTHING_TO_DO_MS = 3_600_000;

const BYTES_PER_MEGABYTE = 1024 * 1024;

/** A zone that only counts what it has. */
export function openFolderZone(config: ZoneConfig, log: ZoneLog): Zone {
  return new FolderZone(config, log);
}

class FolderZone implements Zone {
  readonly #config: ZoneConfig;
  readonly #log: ZoneLog;
  /** The walk, where the last pass left it. */
  #walk: Iterator<number> | undefined;
  #files = 0;
  #bytes = 0;

  constructor(config: ZoneConfig, log: ZoneLog) {
    this.#config = config;
    this.#log = log;
  }

  manage(): Promise<number> {
    return Promise.resolve(NOTHING_TO_DO_MS);
  }

  load(signal: AbortSignal): Promise<boolean> {
    this.#walk ??= sizesIn(this.#config.path);
    const begun = monotonicNow();
    for (let files = 0; !signal.aborted; files++) {
      const elapsedMs = between(begun, monotonicNow());
      if (isSpent(this.#config.loader, { files, elapsedMs })) break;
      const next = this.#walk.next();
      if (next.done === true) {
        this.#sayLoaded();
        return Promise.resolve(true);
      }
      this.#files += 1;
      this.#bytes += next.value;
    }
    return Promise.resolve(false);
  }

  #sayLoaded(): void {
    const megabytes = (this.#bytes / BYTES_PER_MEGABYTE).toFixed(3);
    const { path } = this.#config;
    this.#log(
      "notice",
      `file cache: ${path} ${megabytes}M, files: ${this.#files}`,
    );
  }
}

/** The sizes of the files in a folder and the folders in it. */
function* sizesIn(folder: string): Iterator<number> {
  const folders = [folder];
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    for (const entry of [...Deno.readDirSync(path)]) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory) folders.push(inner);
      else if (entry.isFile) {
        const size = sizeOf(inner);
        if (size !== undefined) yield size;
      }
    }
  }
}

function sizeOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
