/** The command and environment of a child, from source and compiled. */

import { assertEquals } from "@std/assert";
import type { Self } from "./handover.ts";
import { childCommand, childEnv } from "./handover.ts";

const SOURCE: Self = {
  execPath: "/usr/bin/deno",
  standalone: false,
  mainModule: "file:///srv/procmgr/main.ts",
};

const OWN = { HOME: "/root", PATH: "/bin", SECRET: "s", DENO_DIR: "/cache" };

Deno.test("childCommand() runs the running image with its flags again", () => {
  assertEquals(childCommand(SOURCE, "worker"), [
    "/proc/self/exe",
    "run",
    "--allow-all",
    "--no-config",
    "--no-lock",
    "file:///srv/procmgr/main.ts",
    "--role=worker",
  ]);
});

Deno.test("childCommand() of a compiled program needs no flags", () => {
  assertEquals(childCommand({ ...SOURCE, standalone: true }, "worker"), [
    "/proc/self/exe",
    "--role=worker",
  ]);
});

Deno.test("childEnv() passes everything on, with env on top", () => {
  assertEquals(
    childEnv(OWN, { clearEnv: false, env: { PATH: "/x", NEW: "1" } }),
    { ...OWN, PATH: "/x", NEW: "1" },
  );
});

Deno.test("childEnv() with clear_env keeps what the runtime needs", () => {
  assertEquals(
    childEnv(OWN, { clearEnv: true, env: { NEW: "1" } }),
    { HOME: "/root", DENO_DIR: "/cache", NEW: "1" },
  );
});

Deno.test("childEnv() passes on what env names with null", () => {
  assertEquals(
    childEnv(OWN, { clearEnv: true, env: { SECRET: null, ABSENT: null } }),
    { HOME: "/root", DENO_DIR: "/cache", SECRET: "s" },
  );
});
