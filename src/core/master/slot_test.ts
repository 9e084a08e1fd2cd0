/** What each phase of a slot means for the questions asked about it. */

import { assertEquals } from "@std/assert";
import { slotIn } from "../../../tests/support/core.ts";
import type { Phase, Slot } from "./slot.ts";
import { holdsPlace, isAssigned, isLive, PHASES } from "./slot.ts";

const CASES: readonly (readonly [Phase, string])[] = [
  ["vacant", ""],
  ["spawning", "assigned place"],
  ["booting", "live assigned place"],
  ["serving", "live assigned place"],
  ["draining", "live assigned"],
  ["terminating", "live assigned place"],
  ["waiting", "assigned place"],
  ["failed", "assigned place"],
];

Deno.test("isLive(), isAssigned() and holdsPlace() answer by phase", () => {
  for (const [phase, expected] of CASES) {
    const slot = slotIn(phase);
    const answers = [
      isLive(slot) && "live",
      isAssigned(slot) && "assigned",
      holdsPlace(slot) && "place",
    ];
    assertEquals(answers.filter(Boolean).join(" "), expected, phase);
  }
});

Deno.test("holdsPlace() does not hold for one that drained before", () => {
  const slot = { ...slotIn("terminating"), replaced: true } as Slot;
  assertEquals(holdsPlace(slot), false);
  assertEquals([isLive(slot), isAssigned(slot)], [true, true]);
});

Deno.test("PHASES names every phase once", () => {
  assertEquals(PHASES, CASES.map(([phase]) => phase));
});
