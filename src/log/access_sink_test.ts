/** The access log on real files: buffered, reopened, and on a full disk. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../../tests/support/until.ts";
import type { AccessRecord } from "./access_record.ts";
import {
  type AccessLog,
  type AccessTarget,
  openAccessLog,
} from "./access_sink.ts";

function record(target: string): AccessRecord {
  return {
    timeMs: 0,
    durationMs: 0,
    remoteAddress: "",
    remotePort: 0,
    peerAddress: "",
    peerPort: 0,
    serverAddress: "",
    serverPort: 0,
    method: "GET",
    target,
    protocol: "HTTP/1.1",
    scheme: "http",
    status: 200,
    bytesSent: 0,
    bodyBytesSent: 0,
    requestLength: 0,
    requestHeaders: [],
    responseHeaders: [],
    connection: 1,
    connectionRequests: 1,
    isComplete: true,
    tlsProtocol: "",
    tlsCipher: "",
    tlsServerName: "",
    tlsAlpn: "",
  };
}

class TestLog implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/access.log`;
  readonly said: string[] = [];

  open(target: Partial<AccessTarget> = {}): AccessLog {
    const opened = openAccessLog(
      {
        path: this.path,
        format: "$request_uri",
        escape: "default",
        bufferBytes: 0,
        flushMs: 60_000,
        ...target,
      },
      (level, text) => this.said.push(`${level} ${text}`),
    );
    if (!opened.ok) throw new Error(opened.error.text);
    return opened.value;
  }

  text(path = this.path): string {
    return Deno.readTextFileSync(path);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("write() appends each line at once without a buffer", () => {
  using test = new TestLog();
  Deno.writeTextFileSync(test.path, "was here\n");
  const log = test.open();
  log.write(record("/a"));
  log.write(record("/b"));
  assertEquals(test.text(), "was here\n/a\n/b\n");
  log.close();
});

Deno.test("write() waits until the buffer is full", () => {
  using test = new TestLog();
  const log = test.open({ bufferBytes: 8 });
  log.write(record("/a"));
  log.write(record("/b"));
  assertEquals(test.text(), "");
  log.write(record("/c"));
  assertEquals(test.text(), "/a\n/b\n/c\n");
  log.write(record("/d"));
  log.flush();
  assertEquals(test.text(), "/a\n/b\n/c\n/d\n");
  log.write(record("/e"));
  log.close();
  assertEquals(test.text(), "/a\n/b\n/c\n/d\n/e\n");
});

Deno.test("a line waits no longer than it may", async () => {
  using test = new TestLog();
  const log = test.open({ bufferBytes: 1000, flushMs: 5 });
  log.write(record("/a"));
  assertEquals(test.text(), "");
  await until(() => test.text() !== "", { what: "the line" });
  assertEquals(test.text(), "/a\n");
  log.close();
});

Deno.test("reopen() writes what waits to the old file", () => {
  using test = new TestLog();
  const log = test.open({ bufferBytes: 1000 });
  log.write(record("/a"));
  Deno.renameSync(test.path, `${test.path}.1`);
  assertEquals(log.reopen().ok, true);
  log.write(record("/b"));
  log.close();
  assertEquals(test.text(`${test.path}.1`), "/a\n");
  assertEquals(test.text(), "/b\n");
});

Deno.test("reopen() keeps the old file when it cannot open the new", () => {
  using test = new TestLog();
  const log = test.open();
  Deno.renameSync(test.path, `${test.path}.1`);
  Deno.mkdirSync(test.path);
  const reopened = log.reopen();
  assertEquals(reopened.ok || reopened.error.code, "EISDIR");
  log.write(record("/a"));
  log.close();
  assertEquals(test.text(`${test.path}.1`), "/a\n");
});

Deno.test("a full disk loses lines, which are counted and said", () => {
  using test = new TestLog();
  Deno.symlinkSync("/dev/full", test.path);
  const log = test.open();
  for (const path of ["/a", "/b", "/c"]) log.write(record(path));
  assertEquals(test.said, [
    `error write() to "${test.path}" failed (28: No space left on device), ` +
    "access-log lines are lost",
  ]);
  Deno.removeSync(test.path);
  assert(log.reopen().ok);
  log.write(record("/d"));
  log.write(record("/e"));
  log.close();
  assertEquals(test.text(), "/d\n/e\n");
  assertEquals(test.said.slice(1), [
    `warn "${test.path}" is written again, 3 access-log lines were lost`,
  ]);
});

Deno.test("openAccessLog() answers with the error of an unwritable path", () => {
  using test = new TestLog();
  assertMatch(
    (() => {
      try {
        test.open({ path: "/nowhere/access.log" });
        return "";
      } catch (error) {
        return String(error);
      }
    })(),
    /No such file or directory/,
  );
});
