/** Priority, affinity and resource limits, in a process of their own. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { IS_ROOT, runFixture } from "./support.ts";

Deno.test("setPriority() and setAffinity() change every thread", async () => {
  const seen = await runFixture("os_limit");
  assertEquals(seen["priority"], "ok");
  assertEquals(seen["affinity"], "ok");
  const [nice, cpus] = [seen["nice"], seen["cpus"]];
  assert(Array.isArray(nice) && Array.isArray(cpus));
  assertGreater(nice.length, 1, "a runtime has several threads");
  assertEquals(new Set(nice), new Set([5]));
  assertEquals(new Set(cpus), new Set(["0"]));
  assertEquals(seen["ownCpus"], { ok: true, value: [0] });
});

Deno.test("setRlimit() sets the soft and the hard limit", async () => {
  const seen = await runFixture("os_limit");
  assertEquals([seen["nofile"], seen["core"]], ["ok", "ok"]);
  assertEquals(seen["limits"], [["1234", "1234"], ["5242880", "5242880"]]);
  assertEquals(seen["rlimit"], [1234, 1234]);
});

Deno.test("setAffinity() refuses no CPU and one beyond the mask", async () => {
  const seen = await runFixture("os_limit");
  const refused = "sched_setaffinity() failed (22: Invalid argument)";
  assertEquals([seen["noCpu"], seen["farCpu"]], [refused, refused]);
});

Deno.test("raiseNofile() takes the soft limit up to the hard one", async () => {
  const seen = await runFixture("os_raise");
  assertEquals(seen, { before: 300, raised: true, after: true });
});

Deno.test({
  name: "setPriority() and setRlimit() name call and argument (needs root)",
  ignore: !IS_ROOT,
  fn: async () => {
    const seen = await runFixture("os_refused");
    assertEquals(seen, {
      priority: "setpriority(-5) failed (13: Permission denied)",
      nofile:
        "setrlimit(RLIMIT_NOFILE, 4000000) failed (1: Operation not permitted)",
      setgid: "setgid(33) failed (1: Operation not permitted)",
    });
  },
});
