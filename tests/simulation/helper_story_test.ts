/**
 * Stories of the cache's helpers on the simulated machine, each checked by
 * every rule of the simulator at every step.
 */

import { assertEquals } from "@std/assert";
import type { HelperRole } from "../../src/base/role.ts";
import { GOOD_SCRIPT, type SimChild } from "./sim_child.ts";
import { Story } from "./story.ts";

/** The living helpers of a kind, by generation. */
function helpersOf(story: Story, helper: HelperRole): readonly SimChild[] {
  return story.processes().map(({ child }) => child)
    .filter((child) => child.helper === helper && child.phase !== "dead")
    .sort((left, right) => left.ref.generation - right.ref.generation);
}

function generationsOf(story: Story, helper: HelperRole): readonly number[] {
  return helpersOf(story, helper).map(({ ref }) => ref.generation);
}

Deno.test("manager and loader start with their generation, the loader ends", () => {
  const story = Story.running({ zones: ["one"] });
  assertEquals(generationsOf(story, "cache_manager"), [1]);
  assertEquals(generationsOf(story, "cache_loader"), [1]);
  story.pass(2000);
  assertEquals(generationsOf(story, "cache_loader"), []);
  story.signal("SIGHUP");
  story.settles();
  assertEquals(generationsOf(story, "cache_manager"), [2]);
  assertEquals(generationsOf(story, "cache_loader"), []);
});

Deno.test("a killed manager comes back, a killed loader does not", () => {
  const story = Story.running({ zones: ["one"] });
  const [manager] = helpersOf(story, "cache_manager");
  const [loader] = helpersOf(story, "cache_loader");
  manager?.die({ kind: "signal", signal: "SIGKILL" });
  loader?.die({ kind: "signal", signal: "SIGKILL" });
  story.settles();
  assertEquals(generationsOf(story, "cache_manager"), [1]);
  assertEquals(generationsOf(story, "cache_loader"), []);
  story.signal("SIGTTIN");
  story.settles();
  assertEquals(generationsOf(story, "cache_loader"), []);
  story.signal("SIGHUP");
  story.settles();
  assertEquals(generationsOf(story, "cache_loader"), [2]);
});

Deno.test("a reload during the walk begins it anew", () => {
  const story = Story.running({ zones: ["one"] });
  for (const generation of [2, 3]) {
    story.signal("SIGHUP");
    story.until(`generation ${generation}`, () => {
      return story.generation === generation;
    });
    story.settles();
    assertEquals(generationsOf(story, "cache_loader"), [generation]);
  }
  story.pass(2000);
  assertEquals(story.sim.state.cache.loaded, ["one"]);
});

Deno.test("a reload that fails leaves the helpers alone", () => {
  const story = Story.running({ zones: ["one"] });
  story.edit({ wrong: "no configuration" });
  story.signal("SIGHUP");
  story.settles();
  assertEquals(generationsOf(story, "cache_manager"), [1]);
  assertEquals(generationsOf(story, "cache_loader"), [1]);
});

Deno.test("after WINCH nobody looks after the cache, until a HUP", () => {
  const story = Story.running({ zones: ["one"] });
  story.signal("SIGWINCH");
  story.settles();
  assertEquals(story.processes().length, 0);
  story.signal("SIGHUP");
  story.settles();
  assertEquals(generationsOf(story, "cache_manager"), [2]);
  assertEquals(generationsOf(story, "cache_loader"), [2]);
});

Deno.test("a manager that hangs is ended at the next reload's drain timeout", () => {
  const story = Story.running({
    zones: ["one"],
    drainTimeoutMs: 500,
    conditions: {
      script: (request) =>
        request.helper === "cache_manager" && request.generation === 1
          ? { ...GOOD_SCRIPT, isObedient: false }
          : GOOD_SCRIPT,
    },
  });
  helpersOf(story, "cache_manager")[0]?.hang(undefined);
  story.signal("SIGHUP");
  story.settles();
  assertEquals(generationsOf(story, "cache_manager"), [2]);
  assertEquals(story.said("terminateIgnored"), 1);
});

Deno.test("a helper that never gets ready does not hold a reload up", () => {
  const story = Story.running({
    zones: ["one"],
    conditions: {
      script: (request) =>
        request.helper !== undefined && request.generation === 2
          ? { ...GOOD_SCRIPT, bootMs: undefined }
          : GOOD_SCRIPT,
    },
  });
  const token = story.ask("reload");
  story.until("the answer", () => story.answer(token) !== undefined, 500);
  assertEquals(story.answer(token), true);
});
