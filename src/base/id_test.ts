/** The brands: free at run time, distinct for the compiler. */

import { assertEquals } from "@std/assert";
import type { Pid, SlotIndex } from "./id.ts";
import {
  toFd,
  toGeneration,
  toGid,
  toOrdinal,
  toPid,
  toSlotIndex,
  toUid,
} from "./id.ts";

Deno.test("to…() keep the number", () => {
  const brands = [
    toFd,
    toGeneration,
    toGid,
    toOrdinal,
    toPid,
    toSlotIndex,
    toUid,
  ];
  for (const brand of brands) {
    for (const number of [0, 1, 4711]) {
      assertEquals(Number(brand(number)), number);
    }
  }
});

Deno.test("Pid is not taken for SlotIndex, nor a number for either", () => {
  const pid: Pid = toPid(1);
  // @ts-expect-error: `deno check` fails here should the brands be lost.
  const slot: SlotIndex = pid;
  // @ts-expect-error: a bare number has no brand.
  const bare: Pid = 1;
  assertEquals(Number(slot), Number(bare));
});
