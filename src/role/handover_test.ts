/** The command and environment of a child, from source and compiled. */

import { assertEquals } from "@std/assert";
import type { Self } from "./handover.ts";
import type { WorkerConfig } from "../config/config.ts";
import {
  childCommand,
  childEnv,
  daemonCommand,
  inquiryCommand,
  masterCommand,
  moduleOf,
  starterOf,
} from "./handover.ts";

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

Deno.test("masterCommand() runs what is at the path it was started by", () => {
  const argv = ["-p", "/srv/app"];
  assertEquals(masterCommand(SOURCE, { path: "/usr/local/bin/deno", argv }), [
    "/usr/local/bin/deno",
    "run",
    "--allow-all",
    "file:///srv/procmgr/main.ts",
    "-p",
    "/srv/app",
  ]);
  const compiled = { ...SOURCE, standalone: true };
  const path = "/usr/local/bin/procmgr";
  assertEquals(masterCommand(compiled, { path, argv }), [path, ...argv]);
  const packed = { ...SOURCE, packed: path };
  assertEquals(masterCommand(packed, { path, argv }), [path, ...argv]);
  assertEquals(childCommand(packed, "worker"), childCommand(SOURCE, "worker"));
});

Deno.test("childCommand() of a module with a configuration preloads us", () => {
  const command = (locked: boolean): readonly string[] =>
    childCommand(SOURCE, "worker", { app: "/srv/app.ts", locked });
  const preloaded = [
    "--preload",
    "file:///srv/procmgr/main.ts",
    "/srv/app.ts",
    "--role=worker",
  ];
  assertEquals(command(true), [
    "/proc/self/exe",
    "run",
    "--allow-all",
    ...preloaded,
  ]);
  assertEquals(command(false), [
    "/proc/self/exe",
    "run",
    "--allow-all",
    "--no-lock",
    ...preloaded,
  ]);
});

Deno.test("inquiryCommand() differs in what is preloaded", () => {
  assertEquals(inquiryCommand({ app: "/srv/app.ts", locked: true }), [
    "/proc/self/exe",
    "run",
    "--allow-all",
    "--preload",
    "data:text/javascript,Deno.exit(0)",
    "/srv/app.ts",
  ]);
});

Deno.test("moduleOf() is for a pool with a configuration of its own", () => {
  const worker = { app: "/srv/app.ts" } as WorkerConfig;
  assertEquals(moduleOf({ appConfig: undefined, worker }), undefined);
  const file = "/srv/deno.json";
  const appConfig = { file, locked: true, namesModules: true, plain: true };
  assertEquals(moduleOf({ appConfig, worker }), {
    app: "/srv/app.ts",
    locked: true,
  });
});

Deno.test("childCommand() of a compiled program needs no flags", () => {
  const compiled = { ...SOURCE, standalone: true };
  const command = ["/proc/self/exe", "--role=worker"];
  assertEquals(childCommand(compiled, "worker"), command);
  const module = { app: "/srv/app.ts", locked: true };
  assertEquals(childCommand(compiled, "worker", module), command);
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

Deno.test("daemonCommand() is the start's own, and says who waits", () => {
  const started = { path: "/usr/bin/deno", argv: ["-p", "/srv/site"] };
  assertEquals(daemonCommand(SOURCE, started, 4711), [
    "/usr/bin/deno",
    "run",
    "--allow-all",
    "file:///srv/procmgr/main.ts",
    "--role=daemon:4711",
    "-p",
    "/srv/site",
  ]);
  const compiled = { ...SOURCE, standalone: true };
  assertEquals(daemonCommand(compiled, { path: "/opt/p", argv: [] }, 1), [
    "/opt/p",
    "--role=daemon:1",
  ]);
});

Deno.test("starterOf() finds a pid, and nothing else", () => {
  assertEquals(starterOf(["--role=daemon:4711", "-t"]), 4711);
  const others = ["--role=daemon:", "--role=daemon:0", "--role=daemon:x", "-t"];
  for (const argument of others) assertEquals(starterOf([argument]), undefined);
  assertEquals(starterOf([]), undefined);
  assertEquals(starterOf(["-t", "--role=daemon:4711"]), undefined);
});
