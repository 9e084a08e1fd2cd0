/**
 * The access log where a file takes a part of what it is given (a disk of
 * 16 KiB) and where lines go through a pipe.
 */

import { assert, assertEquals } from "@std/assert";
import { openAccessLog } from "../../src/log/access_sink.ts";
import type { AccessRecord } from "../../src/log/access_record.ts";
import { IS_ROOT, withFolder } from "./support.ts";

const DISK_BYTES = 16_384;

function record(target: string): AccessRecord {
  return {
    target,
    timeMs: 0,
    requestHeaders: [],
  } as unknown as AccessRecord;
}

function mounted(folder: string): boolean {
  return IS_ROOT && new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder],
    stderr: "null",
  }).outputSync().success;
}

Deno.test("a line that a full disk cut off does not spoil the next", (t) =>
  withFolder(async (folder) => {
    if (!mounted(folder)) {
      await t.step({ name: "needs a mount", ignore: true, fn: () => {} });
      return;
    }
    try {
      const path = `${folder}/access.log`;
      const said: string[] = [];
      const opened = openAccessLog({
        path,
        format: "$request_uri",
        escape: "default",
        bufferBytes: 5000,
        flushMs: 60_000,
      }, (level, text) => said.push(`${level} ${text}`));
      assert(opened.ok);
      const log = opened.value;
      const line = `/${"x".repeat(98)}`;
      for (let count = 0; count < 250; count++) log.write(record(line));
      log.flush();
      // Somebody makes room, as logrotate's copytruncate does.
      const before = Deno.readTextFileSync(path);
      assertEquals(before.length, DISK_BYTES);
      assert(!before.endsWith("\n"));
      Deno.truncateSync(path, 1050);
      log.write(record("/after"));
      log.close();
      const lines = Deno.readTextFileSync(path).split("\n");
      assertEquals(lines.slice(-3), [
        line.slice(0, 50),
        "/after",
        "",
      ]);
      assertEquals(said.length, 2);
      const lost = 250 - Math.floor(DISK_BYTES / 100);
      assertEquals(
        said[1],
        `warn "${path}" is written again, ${lost} access-log lines were lost`,
      );
    } finally {
      new Deno.Command("umount", { args: [folder] }).outputSync();
    }
  }));
