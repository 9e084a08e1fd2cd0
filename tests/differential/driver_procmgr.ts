/**
 * procmgr from this tree by its own script, or what PROCMGR_UNDER_TEST names.
 * Its app is a copy of the fixture in the side's folder, where any user may
 * read it.
 */

import { fixturePath } from "../support/config.ts";
import { programCommand } from "../support/program.ts";
import type { Driver, Place } from "./driver.ts";
import { commandFlags, isDaemon } from "./driver.ts";
import type { Settings } from "./scenario.ts";

const SCRIPT = new URL("../../procmgr", import.meta.url).pathname;

/** procmgr. */
export const PROCMGR: Driver = {
  side: "procmgr",
  missing: () => undefined,
  configName: (instance) => `${instance}.jsonc`,
  configText,
  startCommand: (place, configName) => base(place, configName),
  command: (is, place, configName) => [
    ...base(place, configName),
    ...commandFlags(is),
  ],
  readyLine: () => /generation 1 is ready/,
  readyTimes: () => 1,
};

function base({ folder }: Place, configName: string): readonly string[] {
  const program = Deno.env.get("PROCMGR_UNDER_TEST")
    ? programCommand()
    : ["env", `DENO=${Deno.execPath()}`, SCRIPT];
  return [...program, "-p", folder, "-c", `${folder}/${configName}`];
}

function configText(settings: Settings, place: Place): string {
  const { folder } = place;
  const { masterProcess, cache, broken, unix } = settings;
  writeApp(folder);
  return JSON.stringify(
    {
      app: "./app.ts",
      listen: [
        ...settings.listen.map((at) => `127.0.0.1:${place.ports[at]}`),
        ...(unix === undefined ? [] : [`unix:${unix}`]),
        ...(settings.foreignAddress === true
          ? [`192.0.2.1:${place.ports[0]}`]
          : []),
      ],
      pid: settings.pid,
      error_log: { path: settings.errorLog, level: "notice" },
      keepalive_drain: settings.keepaliveDrain,
      worker_shutdown_timeout: settings.shutdownTimeout,
      user: settings.user,
      worker_priority: settings.priority,
      worker_rlimit_nofile: settings.nofile,
      working_directory: settings.directory,
      ...(isDaemon("procmgr", settings) ? { daemon: true } : {}),
      // It warns of what makes no sense in one process.
      ...(masterProcess
        ? { worker_processes: settings.workers }
        : { master_process: false }),
      ...(cache === true ? { cache: { zone: { path: "cache" } } } : {}),
      ...(broken === true ? { nobody_knows_this: true } : {}),
    },
    null,
    2,
  );
}

function writeApp(folder: string): void {
  const text = Deno.readTextFileSync(fixturePath("differential_app.ts"));
  Deno.writeTextFileSync(`${folder}/app.ts`, text);
}
