/**
 * nginx of the machine, Debian's 1.22.1 for whom the scenarios are written. A
 * slow request is a proxied one, which the suite's backend holds.
 *
 * Its worker's user is root where a scenario names none, as procmgr's is.
 */

import type { Driver, Place } from "./driver.ts";
import { commandFlags, isDaemon } from "./driver.ts";
import type { Settings } from "./scenario.ts";

/** Where Debian has it when PATH does not. */
const PATHS = [
  ...(Deno.env.get("PATH") ?? "").split(":"),
  "/usr/sbin",
  "/usr/local/sbin",
];

function findNginx(): string | undefined {
  const named = Deno.env.get("TEST_NGINX_BINARY");
  if (named !== undefined && named !== "") return named;
  return PATHS.map((path) => `${path}/nginx`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

const BINARY = findNginx();

/** Real nginx. */
export const NGINX: Driver = {
  side: "nginx",
  missing: () => BINARY === undefined ? "nginx is not installed" : undefined,
  configName: (instance) => `${instance}.conf`,
  configText,
  startCommand: (place, configName) => base(place, configName),
  command: (is, place, configName) => [
    ...base(place, configName),
    ...commandFlags(is),
  ],
  readyLine: ({ masterProcess }) =>
    masterProcess ? /start worker process \d+/ : /getrlimit\(RLIMIT_NOFILE\)/,
  readyTimes: ({ masterProcess, workers }) => masterProcess ? workers : 1,
};

function base(place: Place, configName: string): readonly string[] {
  const { folder } = place;
  return [BINARY ?? "nginx", "-p", folder, "-c", configName, "-e", "stderr"];
}

function configText(settings: Settings, place: Place): string {
  return [...mainDirectives(settings), ...httpBlock(settings, place)]
    .join("\n") + "\n";
}

function mainDirectives(settings: Settings): string[] {
  const { user, priority, nofile, directory, shutdownTimeout } = settings;
  return [
    `daemon ${isDaemon("nginx", settings) ? "on" : "off"};`,
    `master_process ${settings.masterProcess ? "on" : "off"};`,
    `worker_processes ${settings.workers};`,
    `pid ${settings.pid};`,
    `error_log ${settings.errorLog} notice;`,
    ...(Deno.uid() === 0 ? [`user ${user ?? "root"};`] : []),
    ...(priority === undefined ? [] : [`worker_priority ${priority};`]),
    ...(nofile === undefined ? [] : [`worker_rlimit_nofile ${nofile};`]),
    ...(directory === undefined ? [] : [`working_directory ${directory};`]),
    ...(shutdownTimeout === undefined
      ? []
      : [`worker_shutdown_timeout ${shutdownTimeout};`]),
    // An upgrade starts with these variables and no others.
    "env LD_PRELOAD;",
    "env DIFF_FAULT;",
    ...(settings.broken === true ? ["nobody_knows_this on;"] : []),
    "events { worker_connections 64; }",
  ];
}

function httpBlock(settings: Settings, place: Place): string[] {
  const { folder, ports } = place;
  return [
    "http {",
    "  access_log off;",
    "  proxy_buffering off;",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `  ${name}_temp_path temp/${name};`),
    ...(settings.cache === true
      ? ["  proxy_cache_path cache keys_zone=zone:1m;"]
      : []),
    "  server {",
    ...settings.listen.map((at) => `    listen 127.0.0.1:${ports[at]};`),
    ...(settings.unix === undefined
      ? []
      : [`    listen unix:${folder}/${settings.unix};`]),
    ...(settings.foreignAddress === true
      ? [`    listen 192.0.2.1:${ports[0]};`]
      : []),
    `    location = / { return 200 "hello\\n"; }`,
    `    location /held/ {`,
    `      proxy_pass http://unix:${folder}/backend.sock:;`,
    "    }",
    "  }",
    "}",
  ];
}
