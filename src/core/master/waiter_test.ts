/** Everyone who asked for the same is answered, once, and nobody else. */

import { assertEquals } from "@std/assert";
import { asked, doneBy, fresh, take } from "../../../tests/support/core.ts";
import { answer } from "./waiter.ts";

Deno.test("answer() tells everyone who asked for it, and only them", () => {
  const state = {
    ...fresh(),
    waiters: [
      { token: 1, request: "reload" },
      { token: 2, request: "quit" },
      { token: 3, request: "reload" },
    ],
  } as const;
  const told = answer(state, "reload", { ok: false, text: "no" });
  assertEquals(doneBy(told), ["reply 1 no: no", "reply 3 no: no"]);
  assertEquals(told.state.waiters, [{ token: 2, request: "quit" }]);
  const again = answer(told.state, "reload", { ok: true, text: "yes" });
  assertEquals(again.effects, []);
});

Deno.test("answer() leaves a client that went away alone", () => {
  const waiting = take(fresh(), [
    asked("reload", 4),
    { kind: "controlClosed", token: 4 },
  ]).state;
  assertEquals(answer(waiting, "reload", { ok: true, text: "" }).effects, []);
});
