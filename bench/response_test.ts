/** The response reader: what is complete, what is not, whatever the chunks. */

import { assertEquals } from "@std/assert";
import { ResponseReader } from "./response.ts";

const encoder = new TextEncoder();

function read(text: string, chunkBytes = text.length): ResponseReader {
  const reader = new ResponseReader();
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    reader.push(bytes.subarray(at, at + chunkBytes));
  }
  return reader;
}

const HELLO = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
  "5\r\nhello\r\n3;a=b\r\n\r\n!\r\n0\r\nTrailer: x\r\n\r\n";

Deno.test("push() completes a response with a length", () => {
  const reader = read(HELLO);
  assertEquals([reader.state, reader.status, reader.keepAlive], [
    "complete",
    200,
    true,
  ]);
});

for (const [name, text] of [["length", HELLO], ["chunked", CHUNKED]] as const) {
  Deno.test(`push() does not depend on the chunks (${name})`, () => {
    for (let size = 1; size <= text.length; size++) {
      assertEquals(read(text, size).state, "complete", `chunks of ${size}`);
    }
  });

  Deno.test(`push() never completes a cut response (${name})`, () => {
    for (let cut = 1; cut < text.length; cut++) {
      assertEquals(read(text.slice(0, cut)).state, "partial", `cut at ${cut}`);
    }
  });
}

Deno.test("push() honours Connection: close", () => {
  const reader = read(
    "HTTP/1.1 200 OK\r\nconnection: Close\r\nContent-Length: 0\r\n\r\n",
  );
  assertEquals([reader.state, reader.keepAlive], ["complete", false]);
});

Deno.test("push() takes HTTP/1.0 for closing unless it says otherwise", () => {
  assertEquals(
    read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keepAlive,
    false,
  );
  assertEquals(
    read(
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    )
      .keepAlive,
    true,
  );
});

Deno.test("push() skips an interim response", () => {
  const reader = read(`HTTP/1.1 100 Continue\r\n\r\n${HELLO}`, 7);
  assertEquals([reader.state, reader.status], ["complete", 200]);
});

Deno.test("push() calls bytes nobody asked for broken", () => {
  assertEquals(read(`${HELLO}x`).state, "broken");
  assertEquals(read("SSH-2.0-x\r\n\r\n").state, "broken");
});

Deno.test("take() makes room for the next response", () => {
  const reader = read(HELLO);
  reader.take();
  assertEquals(reader.state, "empty");
  reader.push(encoder.encode(CHUNKED));
  assertEquals(reader.state, "complete");
});

Deno.test("end() completes only what the end frames", () => {
  const open = read("HTTP/1.1 200 OK\r\n\r\nhel");
  assertEquals(open.state, "partial");
  assertEquals(open.end(), "complete");
  assertEquals(read(HELLO.slice(0, -1)).end(), "partial");
  assertEquals(new ResponseReader().end(), "empty");
});

Deno.test("push() needs no body for 204", () => {
  assertEquals(read("HTTP/1.1 204 No Content\r\n\r\n").state, "complete");
});
