/**
 * `-t` and `-T`: say whether the configuration is good, and with `-T` print
 * it. Opens no socket, writes no pid file. nginx: src/core/nginx.c, main.
 */

import { EXIT_CODE } from "../base/exit_code.ts";
import { formatSystemError } from "../base/system_error.ts";
import { formatConfigError } from "../config/error.ts";
import type { ConfigSource } from "../config/load.ts";
import { writeEarly } from "../log/sink.ts";
import { fromDenoError } from "../os/errno.ts";
import { loadWithApps } from "./app_config.ts";
import type { Self } from "./handover.ts";

/** How to test. */
export interface TestOptions {
  readonly source: ConfigSource;
  readonly self: Self;
  /** `-T`. */
  readonly dump: boolean;
  /** `-q`: say nothing when it is good. */
  readonly quiet: boolean;
}

/** Test the configuration; answers with the exit code. */
export async function testConfig(options: TestOptions): Promise<number> {
  const loaded = await loadWithApps(options.source, options.self);
  if (!loaded.ok) {
    for (const error of loaded.errors) {
      writeEarly("emerg", formatConfigError(error));
    }
    sayPlainly("configuration test failed");
    return EXIT_CODE.FAILED;
  }
  const { config, text } = loaded;
  for (const warning of config.warnings) writeEarly("warn", warning);
  const name = config.file === undefined
    ? "configuration"
    : `configuration file ${config.file}`;
  if (!options.quiet) {
    sayPlainly(`the ${name} syntax is ok`);
    sayPlainly(`${name} test is successful`);
  }
  if (options.dump && text !== undefined) {
    return dump(`# configuration file ${config.file}:\n${text}\n`);
  }
  return EXIT_CODE.DONE;
}

/** A line of nginx's that carries no level. */
function sayPlainly(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`procmgr: ${text}\n`));
  } catch {
    // The exit code says it too.
  }
}

function dump(text: string): number {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
    return EXIT_CODE.DONE;
  } catch (error) {
    writeEarly("error", formatSystemError(fromDenoError(error, "write()")));
    return EXIT_CODE.FAILED;
  }
}
