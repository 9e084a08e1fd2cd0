/** Entries as bytes: what is written is read, and nothing else is. */

import { assert, assertEquals } from "@std/assert";
import { createPrng } from "../base/prng.ts";
import {
  addToSum,
  decodeEntry,
  encodeHead,
  encodePrefix,
  type EntryHead,
  HEAD_BYTES_MAX,
  PREFIX_BYTES,
} from "./entry.ts";

const HEAD: EntryHead = {
  key: "GET https://example.com/ü",
  storedAtMs: 1_790_000_000_000,
  freshUntilMs: 1_790_000_060_000,
  status: 200,
  statusText: "OK",
  headers: [["content-type", "text/plain"], ["etag", '"1"']],
  vary: [["accept-encoding", ""]],
  tags: ["a", "b"],
  extra: { deep: [1, null, "x"] },
};

function fileOf(
  head: unknown,
  body = new Uint8Array([1, 2, 3]),
): Uint8Array<ArrayBuffer> {
  const bytes = encodeHead(head as EntryHead);
  assert(bytes !== undefined);
  const prefix = encodePrefix(bytes, {
    bodyBytes: body.length,
    bodySum: addToSum(body),
  });
  return new Uint8Array([...prefix, ...bytes, ...body]);
}

Deno.test("an entry is decoded as it was encoded", () => {
  const file = fileOf(HEAD);
  const decoded = decodeEntry(file, file.length);
  assert(decoded.kind === "entry");
  const { entry } = decoded;
  assertEquals(entry.head, HEAD);
  assertEquals(file.subarray(entry.bodyAt), new Uint8Array([1, 2, 3]));
  assertEquals(entry.bodyBytes, 3);
  assertEquals(entry.bodySum, addToSum(new Uint8Array([1, 2, 3])));
});

Deno.test("its beginning is enough, and says how much of it", () => {
  const file = fileOf(HEAD);
  const short = decodeEntry(file.subarray(0, PREFIX_BYTES), file.length);
  assert(short.kind === "short");
  const head = decodeEntry(file.subarray(0, short.bytes), file.length);
  assertEquals(head.kind, "entry");
});

Deno.test("any change of the prefix or the head is seen, and any length", () => {
  const file = fileOf(HEAD);
  for (let at = 0; at < file.length - 3; at++) {
    for (const bit of [1, 128]) {
      const changed = file.slice();
      changed[at] = (changed[at] ?? 0) ^ bit;
      const decoded = decodeEntry(changed, changed.length);
      assertEquals(decoded.kind, "broken", `byte ${at}`);
    }
  }
  for (let length = 0; length < file.length; length++) {
    const decoded = decodeEntry(file.subarray(0, length), length);
    assertEquals(decoded.kind, "broken", `length ${length}`);
  }
  assertEquals(decodeEntry(file, file.length + 1).kind, "broken");
});

Deno.test("rubbish is broken", () => {
  const prng = createPrng(1);
  for (let round = 0; round < 2000; round++) {
    const file = fileOf(HEAD);
    const changes = 1 + prng.int(8);
    for (let change = 0; change < changes; change++) {
      const at = prng.int(file.length - 3);
      file[at] = (file[at] ?? 0) ^ (1 + prng.int(255));
    }
    if (decodeEntry(file, file.length).kind === "entry") {
      // Two changes of one byte may undo each other.
      assertEquals(file, fileOf(HEAD));
    }
  }
});

Deno.test("a head with a right checksum and a wrong shape is broken", () => {
  const wrong: readonly unknown[] = [
    null,
    [],
    "head",
    { ...HEAD, key: 1 },
    { ...HEAD, storedAtMs: null },
    { ...HEAD, status: 20.5 },
    { ...HEAD, headers: [["one"]] },
    { ...HEAD, headers: {} },
    { ...HEAD, vary: "accept" },
    { ...HEAD, tags: [1] },
    { ...HEAD, freshUntilMs: "soon" },
    { ...HEAD, statusText: 1 },
  ];
  for (const head of wrong) {
    const file = fileOf(head);
    assertEquals(decodeEntry(file, file.length).kind, "broken");
  }
});

Deno.test("a head that is too long is not encoded", () => {
  const key = "x".repeat(HEAD_BYTES_MAX);
  assertEquals(encodeHead({ ...HEAD, key }), undefined);
});
