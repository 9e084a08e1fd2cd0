/** The texts of cgroup files, and this machine's own answer. */

import { assert, assertEquals } from "@std/assert";
import {
  allowedCpus,
  ancestors,
  cpuCgroups,
  cpuCount,
  parseCpuMax,
  toQuota,
  usableCpus,
} from "../../src/os/cpu.ts";

Deno.test("parseCpuMax() reads a quota as CPUs", () => {
  assertEquals(parseCpuMax("150000 100000\n"), 1.5);
  assertEquals(parseCpuMax("50000 100000"), 0.5);
  assertEquals(parseCpuMax("200000"), 2);
});

Deno.test("parseCpuMax() reads no quota, and garbage, as none", () => {
  for (const text of ["max 100000\n", "max", "", "x y", "0 100000", "1 0"]) {
    assertEquals(parseCpuMax(text), undefined, text);
  }
});

Deno.test("toQuota() reads v1's -1 as none", () => {
  assertEquals(toQuota("-1\n", "100000\n"), undefined);
  assertEquals(toQuota("250000\n", "100000\n"), 2.5);
  assertEquals(toQuota("250000\n", undefined), undefined);
});

Deno.test("cpuCount() is the smallest, parts counted as one, at least 1", () => {
  assertEquals(cpuCount(8, []), 8);
  assertEquals(cpuCount(8, [1.5, 4]), 2);
  assertEquals(cpuCount(8, [0.1]), 1);
  assertEquals(cpuCount(2, [64]), 2);
  assertEquals(cpuCount(0, []), 1);
});

Deno.test("cpuCgroups() finds v2 and v1 and a path with a colon", () => {
  assertEquals(cpuCgroups("0::/user.slice/a:b.scope\n"), [
    { version: 2, path: "/user.slice/a:b.scope" },
  ]);
  assertEquals(cpuCgroups("4:memory:/x\n2:cpu,cpuacct:/docker/1\n0::/\n"), [
    { version: 1, path: "/docker/1" },
    { version: 2, path: "/" },
  ]);
  assertEquals(cpuCgroups("3:cpuset:/\n2:cpuacct:/\n"), []);
});

Deno.test("ancestors() walks up to the root", () => {
  assertEquals(ancestors("/a/b.slice/c"), [
    "/a/b.slice/c",
    "/a/b.slice",
    "/a",
    "/",
  ]);
  assertEquals(ancestors("/"), ["/"]);
});

Deno.test("allowedCpus() is what /proc says", () => {
  const status = Deno.readTextFileSync("/proc/self/status");
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
  const expected = list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  assertEquals(allowedCpus(), expected);
});

Deno.test("usableCpus() is at least 1 and at most the CPUs allowed", () => {
  assert(usableCpus() >= 1);
  assert(usableCpus() <= allowedCpus().length);
});
