/** A cache zone in a folder of its own, without processes. */

import { toBytes, toMilliseconds } from "../../src/base/unit.ts";
import type { EntryHead } from "../../src/cache/entry.ts";
import { fileOf, hashOf, TEMPORARY } from "../../src/cache/key.ts";
import type { ZoneNotice } from "../../src/cache/notice.ts";
import { Store } from "../../src/cache/store.ts";
import type { ZoneConfig } from "../../src/config/config.ts";

/** A zone in a folder of its own. */
export class TestZone implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly notices: ZoneNotice[] = [];
  readonly said: string[] = [];
  readonly config: ZoneConfig;

  constructor(over: Partial<ZoneConfig> = {}) {
    const pass = {
      filesMax: 100,
      thresholdMs: toMilliseconds(200),
      sleepMs: toMilliseconds(50),
    };
    this.config = {
      name: "web",
      path: this.folder,
      levels: [1, 2],
      sizeBytesMax: undefined,
      freeBytesMin: toBytes(0),
      inactiveMs: toMilliseconds(60_000),
      fsync: "off",
      manager: pass,
      loader: pass,
      loaderDelayMs: toMilliseconds(0),
      ...over,
    };
  }

  open(): Store {
    return new Store(this.config, {
      send: (notice) => this.notices.push(notice) > 0,
      log: (_, text) => this.said.push(text),
    });
  }

  fileOf(key: string): string {
    return `${this.folder}/${fileOf(hashOf(key), this.config.levels)}`;
  }

  temporary(): readonly string[] {
    try {
      return [...Deno.readDirSync(`${this.folder}/${TEMPORARY}`)]
        .map(({ name }) => name);
    } catch {
      return [];
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** The head of an entry of that key. */
export function headOf(
  key: string,
  more: Partial<EntryHead> = {},
): EntryHead {
  return { key, storedAtMs: 1, status: 200, headers: [["a", "b"]], ...more };
}

/** A body of that length; others for other seeds. */
export function bodyOf(length: number, seed = 7): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(length);
  for (let at = 0; at < length; at++) body[at] = (at * 31 + seed) & 255;
  return body;
}
