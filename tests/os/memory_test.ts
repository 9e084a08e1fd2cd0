/** Memory given back: the collector runs, the file's pages are unmapped. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { heapBytes, programMappings, trimMemory } from "../../src/os/memory.ts";

const PROGRAM = "/bin/deno";

const SMAPS = `55d0c0000000-55d0c1000000 r--p 00000000 08:01 42        /bin/deno
Size:              16384 kB
Rss:                8192 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
55d0c1000000-55d0c3000000 r-xp 01000000 08:01 42                   /bin/deno
Rss:                8192 kB
Anonymous:             0 kB
55d0c3000000-55d0c3100000 r--p 03000000 08:01 42                   /bin/deno
Rss:                1024 kB
Anonymous:          1024 kB
55d0c3100000-55d0c3200000 rw-p 03100000 08:01 42                   /bin/deno
Rss:                1024 kB
Anonymous:             0 kB
7f0000000000-7f0000040000 r-xp 00000000 00:00 0
Rss:                 256 kB
Anonymous:             0 kB
7f0000040000-7f0000080000 r--p 00000000 00:00 0                    [vvar]
Rss:                 256 kB
Anonymous:             0 kB
7f1000000000-7f1000004000 r-xp 00000000 08:01 43          /lib/small.so.6
Rss:                  16 kB
Anonymous:             0 kB
7f2000000000-7f2000100000 r--s 00000000 08:01 44   /a path/with spaces.db
Rss:                 512 kB
Anonymous:             0 kB
7f2100000000-7f2100100000 r--p 00000000 08:01 45             /var/app/model.bin
Rss:                 512 kB
Anonymous:             0 kB
7f3000000000-7f3000100000 r-xp 00000000 08:01 46               /lib/libc.so.6
Rss:                 512 kB
Anonymous:             0 kB
`;

/** The KiB of the executable's code that are mapped. */
function mappedCode(): number {
  const path = Deno.execPath();
  const parts = Deno.readTextFileSync("/proc/self/smaps")
    .split(/^(?=[\da-f]+-[\da-f]+ )/m)
    .filter((text) => / r-xp .*/.exec(text)?.[0].endsWith(path));
  return parts.reduce((sum, text) => {
    return sum + Number(/^Rss: +(\d+) kB/m.exec(text)?.[1]);
  }, 0);
}

Deno.test("programMappings() are those that nobody wrote to", () => {
  const shown = programMappings(SMAPS, PROGRAM).map(({ start, length }) =>
    `${start.toString(16)} ${length.toString(16)}`
  );
  assertEquals(shown, [
    "55d0c0000000 1000000",
    "55d0c1000000 2000000",
    "7f3000000000 100000",
  ]);
});

Deno.test("programMappings() of what is no smaps are none", () => {
  for (const text of ["", "\n", "Rss: 1 kB", SMAPS.replaceAll("Anon", "x")]) {
    assertEquals(programMappings(text, PROGRAM), []);
  }
});

Deno.test("trimMemory() gives the heap's garbage and the code's pages back", async () => {
  let garbage: unknown = Array.from({ length: 500_000 }, (_, i) => ({ i }));
  assert(garbage !== undefined);
  const before = { heap: heapBytes(), code: mappedCode() };
  garbage = undefined;
  await trimMemory();
  assertLess(heapBytes(), before.heap - 10e6);
  assertLess(mappedCode(), before.code);
});

Deno.test("trimMemory() leaves no collector and a process that works", async () => {
  for (let time = 0; time < 5; time++) await trimMemory();
  assertEquals("gc" in globalThis, false);
  const answer = await new Response(JSON.stringify([1, "ä", null])).json();
  assertEquals(answer, [1, "ä", null]);
});
