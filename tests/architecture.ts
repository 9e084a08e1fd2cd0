/**
 * What the rules of this project are, as data: who may import whom, what is
 * pure, how long things may be, which words are ours. `tests/tidy/` holds the
 * rules that read it, `tests/tidy_test.ts` runs them. Changing a rule is
 * changing a line here, in the open, with a reason.
 *
 * A path that ends in "/" stands for everything in that folder.
 */

/** The folders that tidy reads, and the root's own files. */
export const ROOTS: readonly string[] = [
  "main.ts",
  "src",
  "tests",
  "bench",
  "tools",
  "examples",
];

/** Not ours to rule what they import: they have, or need, no deno.json. */
export const FREE_IMPORTS: readonly string[] = [
  "examples/",
  "tests/fixture/framework/",
];

/** The suites of `deno task test`, in its order; cheap ones fail first. */
export const SUITES: readonly {
  readonly name: string;
  readonly paths: readonly string[];
  /** Its files may run side by side: each has its own processes. */
  readonly parallel?: boolean;
  /** The examples in their comments, or in documents, are the tests. */
  readonly examples?: boolean;
}[] = [
  {
    name: "tidy",
    paths: ["tests/tidy_test.ts", "tests/docs_test.ts", "tests/tidy/"],
  },
  { name: "unit", paths: ["src/", "bench/", "tests/support/"] },
  {
    name: "docs",
    paths: ["src/app/app.ts", "tests/example_test.ts"],
    examples: true,
  },
  { name: "property", paths: ["tests/property/"] },
  { name: "os", paths: ["tests/os/"] },
  { name: "simulation", paths: ["tests/simulation/"] },
  { name: "e2e", paths: ["tests/e2e/"], parallel: true },
  { name: "differential", paths: ["tests/differential/"] },
];

/**
 * Who may import whom, the most specific row first. `src/base/` and one's own
 * folder are always allowed; what has no row may import anything.
 */
export const LAYERS: readonly {
  readonly of: string;
  readonly may: readonly string[];
}[] = [
  {
    of: "main.ts",
    may: [
      "deno.json",
      "src/cli/",
      // What is given to a role: where the configuration is, which signal.
      "src/config/load.ts",
      "src/core/master/signal.ts",
      // Before any role: is this machine one of ours, is SIGUSR1 blocked.
      "src/os/machine.ts",
      "src/os/reexec.ts",
      "src/role/",
    ],
  },
  { of: "src/base/", may: [] },
  { of: "src/core/", may: [] },
  { of: "src/os/", may: [] },
  { of: "src/config/load.ts", may: ["src/os/"] },
  { of: "src/config/load_test.ts", may: ["src/os/"] },
  // What a format may say is what the log can write.
  { of: "src/config/access_log.ts", may: ["src/log/access.ts"] },
  { of: "src/config/", may: [] },
  { of: "src/log/access.ts", may: [] },
  { of: "src/log/line.ts", may: [] },
  { of: "src/log/", may: ["src/os/"] },
  { of: "src/channel/message.ts", may: ["src/config/config.ts"] },
  { of: "src/channel/message_test.ts", may: ["src/config/config.ts"] },
  { of: "src/channel/frame.ts", may: [] },
  { of: "src/channel/outbox.ts", may: [] },
  { of: "src/channel/", may: ["src/os/"] },
  { of: "src/observe/", may: ["src/core/"] },
  // Types alone: what may be asked is what the core understands.
  { of: "src/control/", may: ["src/os/", "src/core/master/event.ts"] },
  { of: "src/cli/", may: ["src/core/master/signal.ts"] },
  {
    of: "src/http/",
    may: ["src/os/", "src/log/", "src/observe/", "src/core/connection.ts"],
  },
  // Types alone: what a zone is told.
  {
    of: "src/cache/",
    // A response cache speaks HTTP: conditions, ranges, dates, bodies.
    may: ["src/os/", "src/log/", "src/http/", "src/config/config.ts"],
  },
  {
    of: "src/app/",
    // Of the configuration the types of what is served.
    may: ["src/http/", "src/cache/", "src/os/", "src/config/config.ts"],
  },
  {
    of: "src/role/",
    may: [
      "src/app/",
      "src/cache/",
      "src/channel/",
      "src/config/",
      "src/control/",
      "src/core/",
      "src/http/",
      "src/log/",
      "src/observe/",
      "src/os/",
    ],
  },
];

/** What unit tests may import besides what their file may. */
export const TEST_PARTS: readonly string[] = ["tests/support/"];

/** The roles; a part of one is named after it: `worker_init.ts`. */
export const ROLES: readonly string[] = [
  "cache_loader",
  "cache_manager",
  "control_client",
  "master",
  "worker",
];

/** What files of `role/` may import besides the parts of their own role. */
export const ROLE_PARTS: readonly string[] = [
  "src/role/activation.ts",
  "src/role/app_config.ts",
  "src/role/background.ts",
  "src/role/cache_folder.ts",
  "src/role/child_event.ts",
  "src/role/child_init.ts",
  "src/role/child_signal.ts",
  "src/role/child_stderr.ts",
  "src/role/children.ts",
  "src/role/gather.ts",
  "src/role/handoff.ts",
  "src/role/handover.ts",
  "src/role/helper_process.ts",
  "src/role/inheritance.ts",
  "src/role/listener_group.ts",
  "src/role/listener_inheritance.ts",
  "src/role/listeners.ts",
  "src/role/orphans.ts",
  "src/role/perform.ts",
  "src/role/pidfile.ts",
  "src/role/plan.ts",
  "src/role/predecessor.ts",
  "src/role/refusal.ts",
  "src/role/residents.ts",
  "src/role/resources.ts",
  "src/role/sd_notify.ts",
  "src/role/service.ts",
  "src/role/service_access.ts",
  "src/role/service_context.ts",
  "src/role/service_zones.ts",
  "src/role/siblings.ts",
  "src/role/spawner.ts",
  "src/role/stores.ts",
  "src/role/successor.ts",
  "src/role/uncaught.ts",
];

/** Packages and who may import them; what is not here nobody may. */
export const PACKAGES: readonly {
  readonly name: string;
  readonly may: readonly string[];
}[] = [
  { name: "@std/assert", may: ["tests/", "bench/"] },
  { name: "@std/cli", may: ["src/cli/", "tests/", "bench/", "tools/"] },
  { name: "@valibot/to-json-schema", may: ["tools/", "tests/"] },
  { name: "fast-check", may: ["tests/"] },
  // What the rules of src/cache/ are compared with.
  { name: "http-cache-semantics", may: ["tests/"] },
  { name: "mime", may: ["tools/"] },
  { name: "jsonc-parser", may: ["src/config/", "tests/"] },
  { name: "valibot", may: ["src/config/", "tests/", "tools/"] },
  {
    name: "node:",
    may: [
      "src/app/",
      "src/cache/",
      "src/channel/",
      "src/control/",
      "src/http/",
      "src/os/",
      "src/role/",
      "tests/",
      "bench/",
      "tools/",
    ],
  },
];

/** Where the program starts: what these cannot reach is dead. */
export const ENTRIES: readonly string[] = [
  "main.ts",
  "bench/main.ts",
  "tests/simulation/main.ts",
  "tools/compile.ts",
  "tools/deb.ts",
  "tools/manual.ts",
  "tools/media_types.ts",
  "tools/schema.ts",
];

/** The pure set: no clock, no dice, no waiting, no machine. */
export const PURE: readonly string[] = [
  "src/app/listing.ts",
  "src/app/small_files.ts",
  "src/app/static_answer.ts",
  "src/app/static_path.ts",
  "src/base/",
  "src/cache/budget.ts",
  "src/cache/bypass.ts",
  "src/cache/cache_status.ts",
  "src/cache/directives.ts",
  "src/cache/entry_answer.ts",
  "src/cache/evict.ts",
  "src/cache/notice.ts",
  "src/cache/pass_list.ts",
  "src/cache/purge.ts",
  "src/cache/renewal.ts",
  "src/cache/reuse.ts",
  "src/cache/storing.ts",
  "src/cache/temporary.ts",
  "src/cache/vary.ts",
  "src/channel/frame.ts",
  "src/channel/message.ts",
  "src/channel/outbox.ts",
  "src/cli/",
  "src/config/",
  "src/control/request.ts",
  "src/core/",
  "src/http/accept.ts",
  "src/http/conditional.ts",
  "src/http/http_date.ts",
  "src/http/media_type.ts",
  "src/http/range.ts",
  "src/log/access.ts",
  "src/log/access_record.ts",
  "src/log/access_variable.ts",
  "src/log/line.ts",
  "src/observe/",
  "src/role/handover.ts",
  "src/role/inheritance.ts",
  "src/role/refusal.ts",
];

/** In a folder of the pure set, and not pure. */
export const IMPURE: readonly string[] = ["src/config/load.ts"];

/** Words the pure set may not use, and what to do instead. */
export const PURE_BANS: Readonly<{ [word: string]: string }> = {
  Date: "use `now: Instant`, an argument",
  Deno: "use an argument that carries what src/os/ said",
  Promise: "use a value or an effect",
  async: "use a value or an effect",
  await: "use a value or an effect",
  console: "use a return value that says it",
  performance: "use `now: Instant`, an argument",
  queueMicrotask: "use an effect",
  setInterval: "use a deadline in the state",
  setTimeout: "use a deadline in the state",
};

/** Where pure files may throw, besides through `invariant`. */
export const THROWS: readonly {
  readonly of: string;
  readonly error: string;
}[] = [
  { of: "src/base/invariant.ts", error: "InvariantError" },
  { of: "src/config/", error: "ConfigError" },
];

/** Calls that have one place in `src/`. */
export const PLACES: readonly {
  readonly call: RegExp;
  readonly only: readonly string[];
  readonly remedy: string;
}[] = [
  {
    call: /^Deno\.(?:dlopen|Unsafe\w+)$/,
    only: ["src/os/libc.ts", "src/os/abi.ts", "src/os/errno.ts"],
    remedy: "use a function of src/os/",
  },
  {
    call: /^node:child_process$/,
    only: ["src/os/child.ts", "src/os/inquiry.ts"],
    remedy: "use src/os/child.ts",
  },
  {
    call: /^Deno\.(?:Command|ChildProcess)$/,
    only: [],
    remedy: "use src/os/child.ts, which has the channel",
  },
];

/** Soft limits are reported, hard ones fail. */
export const LIMITS = {
  sourceLines: { soft: 250, hard: 400 },
  testLines: { soft: 400, hard: 800 },
  functionLines: { soft: 40, hard: 70 },
  parameters: { soft: 3, hard: 4 },
  nesting: { soft: 3, hard: 4 },
  columns: 80,
} as const;

/** A file, or a function of it, that may pass a hard limit. */
export interface Exemption {
  readonly path: string;
  /** The function; without it the file. */
  readonly name?: string;
  readonly reason: string;
}

/** What may pass a hard limit; an exemption that is not needed fails. */
export const EXEMPT: readonly Exemption[] = [];

/** Files of core/ and os/ whose content is ours and has no source to name. */
export const UNSOURCED: Readonly<{ [path: string]: string }> = {
  "src/core/master/event.ts": "the union of what our shell reports",
  "src/core/master/state.ts": "the shape of our own state",
};

/** What counts as naming a source. */
export const SOURCES =
  /Source:|nginx|\bman \d|\bRFC \d|<[\w/]+\.h>|linux\/|POSIX|OTP|gen_statem|h11|s6|unicorn|pitchfork|puma|einhorn|tini|Deno (?:source|\d)|https?:\/\//i;

/** One word per thing: what not to say, and what to say. */
export const SYNONYMS: readonly {
  readonly word: RegExp;
  readonly say: string;
}[] = [
  { word: /^(?:monitor|arbiter|supervisor|primary)s?$/, say: "master" },
  { word: /^(?:supervis|arbitrat)(?:e|es|ed|ing|ion)$/, say: "master" },
  { word: /^agents?$/, say: "worker" },
  { word: /^subprocess(?:es)?$/, say: "child" },
  { word: /^epochs?$/, say: "generation" },
  { word: /^janitors?$/, say: "cache manager" },
  { word: /^warmers?$/, say: "cache loader" },
  { word: /^rotat(?:e|es|ed|ing|ion|ions)$/, say: "reopen" },
  { word: /^launch(?:es|ed|er|ing)?$/, say: "spawn" },
];

/** Phrases in which a banned word names something else. */
export const PHRASES: readonly RegExp[] = [
  /user[-_ ]?agents?/gi,
  /unix epoch/gi,
  /logrotate/gi,
  // A file of another program, named as a source.
  /\b\w+\.(?:c|go|h|py|rb|rs)\b/gi,
];

/** Basenames that say nothing. */
export const EMPTY_NAMES: readonly string[] = [
  "common",
  "helper",
  "helpers",
  "manager",
  "misc",
  "mod",
  "types",
  "util",
  "utils",
];

/** Named in the design, though the name is on the list above. */
export const NAMED: readonly string[] = ["src/core/helper.ts"];

/** The one place in tests/ that may wait for time to pass; fixtures may too. */
export const WAITS: readonly string[] = [
  "tests/fixture/",
  "tests/support/until.ts",
];

/** Events happened: how their kinds end. */
export const EVENT_ENDINGS =
  /(?:ed|Broken|Ready|Draining|Found|Begun|Cut|Lost|Sent|Wanted|Written)$/;

/** Effects are orders: how their kinds begin. */
export const EFFECT_VERBS =
  /^(?:abandon|adopt|arm|cancel|close|dump|exec|exit|find|kill|load|log|open|reap|relay|release|remove|rename|reopen|reply|restore|send|set|spawn|steer|tell|trim|write)(?=[A-Z]|$)/;

/** How a numeric field of policy.ts and config.ts ends, by its type. */
export const UNIT_ENDINGS: Readonly<{ [type: string]: RegExp }> = {
  Bytes: /Bytes(?:Max|Min)?$/,
  Milliseconds: /Ms(?:Max|Min)?$/,
  number: /(?:Max|Min|Ms|Bytes)$/,
};

/** Counts and codes that need no unit. */
export const UNITLESS: readonly string[] = [
  "affinity",
  "backlog",
  "cpus",
  "levels",
  "mode",
  "port",
  "priority",
  "rlimitNofile",
  "workers",
];
