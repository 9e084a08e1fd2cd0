/** Statuses and header lines for a file that is only facts. */

import { assertEquals } from "@std/assert";
import type { Answer, AnswerPolicy, Representation } from "./static_answer.ts";
import { answerFor } from "./static_answer.ts";

const MODIFIED_MS = 1_700_000_000_000;
const MODIFIED = "Tue, 14 Nov 2023 22:13:20 GMT";
const FILE: Representation = {
  size: 100,
  mtimeMs: MODIFIED_MS,
  type: "text/plain",
  encoding: undefined,
  varies: false,
};
const POLICY: AnswerPolicy = {
  etag: true,
  cacheControl: undefined,
  rangesMax: 8,
};
const ETAG = '"6553f100-64"';

interface Given {
  readonly file?: Partial<Representation>;
  readonly policy?: Partial<AnswerPolicy>;
  readonly nowMs?: number;
}

function answer(
  headers: Readonly<Record<string, string>>,
  { file = {}, policy = {}, nowMs = MODIFIED_MS + 60_000 }: Given = {},
): Answer {
  return answerFor({ ...FILE, ...file }, { ...POLICY, ...policy }, {
    read: (name) => headers[name] ?? null,
    nowMs,
    boundary: () => "B",
  });
}

function header({ headers }: Answer, name: string): string | undefined {
  const index = headers.indexOf(name);
  return index === -1 ? undefined : headers[index + 1];
}

Deno.test("answerFor() sends all of it with its validators", () => {
  const { status, headers, length, content } = answer({});
  assertEquals([status, length], [200, 100]);
  assertEquals(headers, [
    ...["content-type", "text/plain", "last-modified", MODIFIED],
    ...["etag", ETAG, "accept-ranges", "bytes"],
  ]);
  const slice = { offset: 0, length: 100 };
  assertEquals(content, { kind: "slice", slice });
  const empty = answer({}, { file: { size: 0 } });
  assertEquals([empty.status, empty.length], [200, 0]);
});

Deno.test("answerFor() says what the site and the encoding are", () => {
  const given = answer({}, {
    file: { encoding: "br", varies: true },
    policy: { etag: false, cacheControl: "no-cache", rangesMax: 0 },
  });
  assertEquals(given.headers, [
    ...["content-type", "text/plain", "content-encoding", "br"],
    ...["last-modified", MODIFIED, "cache-control", "no-cache"],
    ...["vary", "Accept-Encoding"],
  ]);
});

Deno.test("answerFor() says 304 with what a cache must know", () => {
  const given = answer({ "if-none-match": ETAG, range: "bytes=0-1" }, {
    file: { varies: true, encoding: "gzip" },
    policy: { cacheControl: "max-age=1" },
  });
  assertEquals([given.status, given.length], [304, undefined]);
  assertEquals(given.headers, [
    ...["last-modified", MODIFIED, "etag", ETAG],
    ...["cache-control", "max-age=1", "vary", "Accept-Encoding"],
  ]);
  assertEquals(given.content.kind, "nothing");
});

Deno.test("answerFor() says 412 and 416", () => {
  const failed = answer({ "if-match": '"other"', range: "bytes=0-1" });
  assertEquals([failed.status, failed.length], [412, 0]);
  const beyond = answer({ range: "bytes=100-" });
  assertEquals([beyond.status, beyond.length], [416, 0]);
  assertEquals(header(beyond, "content-range"), "bytes */100");
  assertEquals(header(beyond, "etag"), undefined);
});

Deno.test("answerFor() sends a part", () => {
  const part = answer({ range: "bytes=90-" });
  assertEquals([part.status, part.length], [206, 10]);
  assertEquals(header(part, "content-range"), "bytes 90-99/100");
  assertEquals(header(part, "etag"), ETAG);
  const parts = answer({ range: "bytes=0-1,5-5" });
  assertEquals(parts.status, 206);
  assertEquals(
    header(parts, "content-type"),
    "multipart/byteranges; boundary=B",
  );
  assertEquals(header(parts, "content-range"), undefined);
  assertEquals(
    parts.content.kind === "parts" && parts.content.frame.length,
    parts.length,
  );
});

Deno.test("answerFor() sends a part of what the client has, or all", () => {
  const cases: readonly (readonly [string, number])[] = [
    [ETAG, 206],
    [MODIFIED, 206],
    ['"other"', 200],
    [`W/${ETAG}`, 200],
    ["garbage", 200],
  ];
  for (const [ifRange, status] of cases) {
    const given = answer({ range: "bytes=0-1", "if-range": ifRange });
    assertEquals(given.status, status, ifRange);
  }
  const off = answer({ range: "bytes=0-1" }, { policy: { rangesMax: 0 } });
  assertEquals(off.status, 200);
});

Deno.test("answerFor() promises nothing of a file just changed", () => {
  const nowMs = MODIFIED_MS + 500;
  const given = answer({}, { nowMs });
  assertEquals(header(given, "etag"), `W/${ETAG}`);
  const ranged = { range: "bytes=0-1", "if-range": ETAG };
  assertEquals(answer(ranged, { nowMs }).status, 200);
  const future = answer({}, { nowMs: MODIFIED_MS - 5000 });
  assertEquals(
    header(future, "last-modified"),
    "Tue, 14 Nov 2023 22:13:15 GMT",
  );
});
