/** A reference taken from an event is nothing but a reference. */

import { assertEquals } from "@std/assert";
import {
  code,
  exited,
  refAt,
  started,
  take,
} from "../../../tests/support/core.ts";
import { refFrom } from "./event.ts";

Deno.test("refFrom() leaves the event's other fields behind", () => {
  const state = started();
  const event = { ...refAt(state, 0), kind: "childExited", exit: code(0) };
  assertEquals(refFrom(event), refAt(state, 0));
});

Deno.test("step() puts no field of an event into an effect", () => {
  const state = started();
  for (const effect of take(state, exited(code(1), state)).effects) {
    const kinds = ["log", "spawn", "steer"];
    assertEquals(kinds.includes(effect.kind), true, effect.kind);
    if (effect.kind === "log") {
      assertEquals(effect.notice.kind, "workerExited");
    }
  }
});
