/** CPU masks. nginx: src/core/nginx.c, ngx_set_cpu_affinity. */

import { assertEquals } from "@std/assert";
import { formatCpus, parseAffinity } from "./affinity.ts";
import { WORKERS_MAX } from "./default.ts";

const FOUR = [0, 1, 2, 3];

Deno.test("parseAffinity() reads masks from the right, as nginx", () => {
  assertEquals(parseAffinity("0001 0010 1100", FOUR), {
    ok: true,
    sets: [[0], [1], [2, 3]],
  });
  assertEquals(parseAffinity(["01", "10"], FOUR), {
    ok: true,
    sets: [[0], [1]],
  });
});

Deno.test("parseAffinity() binds each worker to one CPU for auto", () => {
  const affinity = parseAffinity("auto", [2, 5]);
  const sets = affinity.ok ? affinity.sets : [];
  assertEquals(sets.length, WORKERS_MAX);
  assertEquals(sets.slice(0, 3), [[2], [5], [2]]);
});

Deno.test("parseAffinity() leaves out CPUs this process may not use", () => {
  assertEquals(parseAffinity("1111", [0, 2]), { ok: true, sets: [[0, 2]] });
});

Deno.test("parseAffinity() refuses a mask that selects none, with the range", () => {
  assertEquals(parseAffinity("0001 10000", FOUR), {
    ok: false,
    wrong: '"10000" selects no CPU that this process may use (0-3)',
  });
  assertEquals(parseAffinity("00", FOUR).ok, false);
});

Deno.test("parseAffinity() trusts masks when the CPUs are not known", () => {
  assertEquals(parseAffinity("100", []), { ok: true, sets: [[2]] });
  assertEquals(parseAffinity("auto", []), { ok: true, sets: [] });
  assertEquals(parseAffinity("0", []), {
    ok: false,
    wrong: '"0" selects no CPU that this process may use',
  });
});

Deno.test("formatCpus() writes ranges as the kernel does", () => {
  assertEquals(formatCpus([0, 1, 2, 3, 8]), "0-3,8");
  assertEquals(formatCpus([5]), "5");
  assertEquals(formatCpus([3, 0, 2]), "0,2-3");
  assertEquals(formatCpus([]), "");
});
