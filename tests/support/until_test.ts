/** Waiting: what counts as found, and what is said when the time is over. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { throughout, until, within } from "./until.ts";

Deno.test("until() answers with what was found", async () => {
  let looks = 0;
  const found = await until(() => ++looks >= 3 && looks, { what: "3 looks" });
  assertEquals(found, 3);
  assertEquals(await until(() => 0, { what: "zero" }), 0);
  assertEquals(await until(() => "", { what: "the empty text" }), "");
});

Deno.test("until() waits for a promised answer", async () => {
  let looks = 0;
  const look = (): Promise<string | undefined> =>
    Promise.resolve(++looks > 1 ? "there" : undefined);
  const found: string = await until(look, { what: "it" });
  assertEquals(found, "there");
});

Deno.test("until() says what it waited for", async () => {
  for (const nothing of [undefined, null, false]) {
    await assertRejects(
      () => until(() => nothing, { what: "the ready line", withinMs: 10 }),
      Error,
      "Not within 10 ms: the ready line",
    );
  }
});

Deno.test("within() gives the value, the failure, or says it is late", async () => {
  const wait = { what: "the exit", withinMs: 10 };
  assertEquals(await within(Promise.resolve(7), wait), 7);
  await assertRejects(
    () => within(Promise.reject(new TypeError("no")), wait),
    TypeError,
    "no",
  );
  await assertRejects(
    () => within(Promise.withResolvers<void>().promise, wait),
    Error,
    "Not within 10 ms: the exit",
  );
});

Deno.test("throughout() looks more than once and fails at the first false", async () => {
  let looks = 0;
  await throughout(() => ++looks > 0, { what: "counting", forMs: 30 });
  assert(looks > 1, `${looks}`);
  await assertRejects(
    () => throughout(() => ++looks < 0, { what: "the socket", forMs: 1000 }),
    Error,
    "Did not stay: the socket",
  );
});
