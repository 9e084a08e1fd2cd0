/**
 * A handler that is wrong in any way is a 500, or a connection that ends where
 * the client sees it, and one error line that says where to look. Nothing of
 * it reaches the client, and the next request is served.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { RawClient } from "../support/raw_client.ts";
import { fixturePath, WorkerProcess } from "../support/worker_process.ts";

const APP = fixturePath("broken_app.ts");
const AT = `at ${APP}:\\d+:\\d+`;

/** What follows `GET PATH: ` in the line, as a pattern. */
const ANSWERED: readonly (readonly [string, string])[] = [
  ["/throws", `TypeError: secret: thrown ${AT}`],
  ["/rejects", `RangeError: secret: rejected ${AT}`],
  ["/throws-null", "non-error null"],
  ["/throws-object", 'non-error \\{ secret: "object" \\}'],
  ["/two-lines", `Error: secret:\\\\x0Aanother line\\\\x1B\\[31m ${AT}`],
  ["/undefined", "ResponseError: fetch returned undefined, not a Response"],
  ["/null", "ResponseError: fetch returned null, not a Response"],
  ["/text", "ResponseError: fetch returned string, not a Response"],
  [
    "/like",
    "ResponseError: fetch returned an instance of Object, not a Response",
  ],
  [
    "/foreign",
    "ResponseError: fetch returned a Response of another library, " +
    "not the runtime's own",
  ],
  ["/error", "ResponseError: fetch returned Response.error\\(\\)"],
  ["/upgraded", "ResponseError: fetch returned status 101 .*"],
  ["/used", "ResponseError: fetch returned a Response that was read already"],
  ["/locked", "ResponseError: fetch returned a Response that is being read"],
];

const CUT: readonly (readonly [string, string])[] = [
  ["/breaks-at-once", `Error: secret: at once ${AT}`],
  ["/breaks", `Error: secret: midway ${AT}`],
  ["/breaks-short", "TypeError: The body is 5 bytes shorter .*"],
  ["/breaks-long", "TypeError: The body is longer than .*"],
  ["/breaks-text", "TypeError: The body has a chunk that is no bytes: string"],
];

function errorLines(worker: WorkerProcess): string[] {
  return worker.log.split("\n").filter((line) => /\[error\]/.test(line));
}

Deno.test("a handler that is wrong is a 500 and one line", async (t) => {
  await using worker = await WorkerProcess.start({ app: "broken_app.ts" });
  using client = await RawClient.connect(worker.port);
  for (const [path, what] of ANSWERED) {
    await t.step(path, async () => {
      const before = errorLines(worker).length;
      const { status, body, headerLines } = await client.get(path);
      assertEquals([status, body], [500, "Internal Server Error\n"]);
      assert(!headerLines.join().includes("secret"));
      // The connection is as good as before.
      assertEquals((await client.get("/fine")).body, "fine");
      const lines = errorLines(worker).slice(before);
      assertEquals(lines.length, 1, lines.join("\n"));
      const text =
        `\\[error\\] \\d+#0: app "${APP}" failed: GET ${path}: ${what}$`;
      assertMatch(lines[0] ?? "", new RegExp(text));
    });
  }
});

Deno.test("a body that breaks ends its connection, in one line", async (t) => {
  await using worker = await WorkerProcess.start({ app: "broken_app.ts" });
  for (const [path, what] of CUT) {
    await t.step(path, async () => {
      const before = errorLines(worker).length;
      using client = await RawClient.connect(worker.port);
      await client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const answer = await client.rest();
      assert(!answer.endsWith("0\r\n\r\n"), `the break shows: ${answer}`);
      assert(!answer.includes("secret"), answer);
      using next = await RawClient.connect(worker.port);
      assertEquals((await next.get("/fine")).body, "fine");
      const lines = errorLines(worker).slice(before);
      assertEquals(lines.length, 1, lines.join("\n"));
      const text = `app "${APP}" broke off its response: GET ${path}: ${what}$`;
      assertMatch(lines[0] ?? "", new RegExp(text));
    });
  }
});

Deno.test("what a client asks for cannot write lines of its own", async () => {
  await using worker = await WorkerProcess.start({ app: "broken_app.ts" });
  using client = await RawClient.connect(worker.port);
  const long = `/throws?${"a".repeat(7000)}`;
  assertEquals((await client.get(long)).status, 500);
  await client.send('GET /throws?"\\%0a[alert] HTTP/1.1\r\nHost: a\r\n\r\n');
  assertEquals((await client.response()).status, 500);
  assertEquals((await client.get("/fine")).body, "fine");
  assertEquals(errorLines(worker).length, 2);
  assertEquals(worker.log.match(/^\S+ \S+ \[alert\]/gm), null);
  const fits = errorLines(worker).every((line) => line.length < 4096);
  assert(fits, "no line is longer than 4 KiB");
});
