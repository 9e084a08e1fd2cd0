/**
 * The configuration of a test: what it says over a template that makes tests
 * fast and independent of each other. Ports are the kernel's choice, everything
 * else lies in the test's own folder.
 */

/** A procmgr.jsonc as an object. */
export interface TestConfig {
  readonly [directive: string]: unknown;
}

/** The path of a fixture. */
export function fixturePath(name: string): string {
  return new URL(`../fixture/${name}`, import.meta.url).pathname;
}

/** The level of the tests' logs: `PROCMGR_TEST_LOG=debug` says more. */
export function testLogLevel(): string {
  return Deno.env.get("PROCMGR_TEST_LOG") || "info";
}

/**
 * The template with `config` over it; undefined takes a directive out. `app`
 * without a slash is a fixture.
 */
export function configText(config: TestConfig = {}): string {
  return JSON.stringify(
    { ...template(), ...named(config) },
    (name, value) => name === "app" ? appPath(value) : value,
    2,
  );
}

function template(): TestConfig {
  return {
    app: "hello.ts",
    listen: "127.0.0.1:0",
    worker_processes: 2,
    error_log: { path: "error.log", level: testLogLevel() },
    worker_shutdown_timeout: "10s",
    // Short, so that a test with an idle connection need not wait for it.
    keepalive_drain: "200ms",
  };
}

/** Pools bring their own app and listeners. */
function named(config: TestConfig): TestConfig {
  return "pools" in config
    ? { app: undefined, listen: undefined, ...config }
    : config;
}

function appPath(app: unknown): unknown {
  return typeof app === "string" && !app.includes("/") ? fixturePath(app) : app;
}

/** Of a machine without certificates: reading one is always wrong. */
export function noCertificate(
  { certificate }: { readonly certificate: string },
): { ok: false; of: "certificate"; wrong: string } {
  return { ok: false, of: "certificate", wrong: `no "${certificate}"` };
}
