/** Keys are remembered for a while, and not too many. */

import { assertEquals } from "@std/assert";
import { PassList } from "./pass_list.ts";

Deno.test("PassList remembers a key until its time, or until it is stored", () => {
  const list = new PassList();
  list.add("a", 10);
  list.add("b", 10);
  assertEquals([list.has("a", 9), list.has("a", 10)], [true, false]);
  list.delete("b");
  assertEquals([list.has("b", 9), list.has("c", 9)], [false, false]);
});

Deno.test("PassList forgets the oldest", () => {
  const list = new PassList();
  for (let key = 0; key <= 4096; key++) list.add(String(key), 10);
  assertEquals([list.has("0", 0), list.has("1", 0)], [false, true]);
});
