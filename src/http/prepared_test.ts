/** A Response that is not one until somebody looks. */

import { assert, assertEquals } from "@std/assert";
import { type Prepared, preparedOf, respond } from "./prepared.ts";

const BYTES = new TextEncoder().encode("four");

function prepared(more: Partial<Prepared> = {}): Prepared {
  const headers = ["content-type", "text/plain", "x-two", "1", "x-two", "2"];
  return { status: 200, headers, length: 4, body: BYTES, ...more };
}

Deno.test("respond() is known by what it was given, until it is used", () => {
  const given = prepared();
  const response = respond(given);
  assert(response instanceof Response);
  assertEquals(preparedOf(response), given);
  assertEquals([response.status, response.ok], [200, true]);
  assertEquals(preparedOf(response), given);
  assertEquals(response.headers.get("content-type"), "text/plain");
  assertEquals(preparedOf(response), undefined);
});

Deno.test("respond() is a Response for who uses it as one", async () => {
  const response = respond(prepared({ status: 404 }));
  assertEquals([response.status, response.ok], [404, false]);
  assertEquals(response.statusText, "");
  assertEquals(response.headers.get("x-two"), "1, 2");
  assertEquals(response.headers.get("content-length"), "4");
  response.headers.set("x-more", "yes");
  const copy = response.clone();
  assertEquals(await copy.text(), "four");
  assertEquals(response.bodyUsed, false);
  assertEquals(await response.text(), "four");
  assertEquals(response.bodyUsed, true);
  assertEquals(response.headers.get("x-more"), "yes");
});

Deno.test("respond() passes through the constructor of Response", async () => {
  const { body, headers } = respond(prepared());
  const wrapped = new Response(body, { status: 201, headers });
  assertEquals(await wrapped.text(), "four");
  assertEquals(wrapped.headers.get("x-two"), "1, 2");
  const from = new Response(null, respond(prepared({ status: 202 })));
  assertEquals([from.status, from.headers.get("x-two")], [202, "1, 2"]);
});

Deno.test("respond() has no body where there is none", async () => {
  const response = respond(prepared({ body: null, length: 9 }));
  assertEquals(response.body, null);
  assertEquals(await response.text(), "");
  assertEquals(response.headers.get("content-length"), "9");
  const nothing = respond({
    status: 304,
    headers: [],
    length: undefined,
    body: null,
  });
  assertEquals([...nothing.headers], []);
});

Deno.test("respond() of a file reads and closes it", async () => {
  const path = Deno.makeTempFileSync();
  Deno.writeTextFileSync(path, "0123456789");
  const file = Deno.openSync(path);
  const body = { file, offset: 2, length: 4 };
  const response = respond(prepared({ body }));
  assertEquals(preparedOf(response)?.body, body);
  assertEquals(await response.text(), "2345");
  let isClosed = false;
  try {
    file.statSync();
  } catch {
    isClosed = true;
  }
  assert(isClosed);
  Deno.removeSync(path);
});

Deno.test("preparedOf() knows no other response", () => {
  assertEquals(preparedOf(new Response("text")), undefined);
});
