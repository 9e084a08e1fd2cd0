/**
 * What holds for any input: quantities survive being written, the diff leads
 * from the old listeners to the new, and no text, value or argv makes the
 * parsers throw. And what is generated from the schema, or shown as an example
 * of it, is as the schema has it.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { toBytes, toMilliseconds } from "../../src/base/unit.ts";
import { success } from "../../src/base/system_error.ts";
import { parseArgs } from "../../src/cli/args.ts";
import { checkSettings } from "../../src/config/check.ts";
import type { Config, ListenConfig } from "../../src/config/config.ts";
import { diffListeners, listenerKey } from "../../src/config/diff.ts";
import { parseDocument } from "../../src/config/document.ts";
import { formatConfigError } from "../../src/config/error.ts";
import { parseAddress } from "../../src/config/listen.ts";
import type { Parsed, Texts } from "../../src/config/parse.ts";
import { parseSettings } from "../../src/config/parse.ts";
import { parsePlain } from "../../src/config/plain.ts";
import {
  formatSize,
  formatTime,
  parseSize,
  parseTime,
  TIME_MAX_MS,
} from "../../src/config/quantity.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { MAIN, POOL } from "../../src/config/schema.ts";
import {
  REFERENCE_FILE,
  referenceText,
  SCHEMA_FILE,
  schemaText,
} from "../../tools/schema.ts";
import { noCertificate } from "../support/config.ts";

const RUNS = { numRuns: 300 };

Deno.test("parseTime() reads what formatTime() writes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: TIME_MAX_MS }), (ms) => {
      const time = toMilliseconds(ms);
      assertEquals(parseTime(formatTime(time)), time);
    }),
    RUNS,
  );
});

Deno.test("parseSize() reads what formatSize() writes", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      const size = toBytes(bytes);
      assertEquals(parseSize(formatSize(size)), size);
    }),
    RUNS,
  );
});

Deno.test("parseTime() and parseSize() are total, and never negative", () => {
  const unit = fc.constantFrom("d", "h", "m", "s", "ms", " ", "", "k", "G");
  const near = fc.array(fc.tuple(fc.nat(), unit)).map((parts) =>
    parts.flat().join("")
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), near, fc.double()), (value) => {
      for (const parsed of [parseTime(value), parseSize(value)]) {
        assert(parsed === undefined || Number.isSafeInteger(parsed));
        assert(parsed === undefined || parsed >= 0);
      }
    }),
    RUNS,
  );
});

const listener: fc.Arbitrary<ListenConfig> = fc.record({
  port: fc.integer({ min: 1, max: 6 }),
  backlog: fc.constantFrom(511, 128),
  unix: fc.boolean(),
}).map(({ port, backlog, unix }) =>
  unix
    ? {
      address: `unix:/${port}`,
      target: { kind: "unix", path: `/${port}`, mode: 438, owner: undefined },
      backlog,
    }
    : {
      address: `127.0.0.1:${port}`,
      target: {
        kind: "tcp",
        family: 4,
        host: "127.0.0.1",
        port,
        ipv6Only: false,
        reuseport: true,
      },
      backlog,
    }
);

/** As in any valid configuration, an address belongs to one pool, once. */
const pools = fc.uniqueArray(
  fc.tuple(fc.nat(2), listener),
  { selector: ([, { address }]) => address },
).map((entries): Pick<Config, "pools"> => ({
  pools: [0, 1, 2].map((pool) => ({
    listen: entries.filter(([of]) => of === pool).map(([, one]) => one),
  })) as unknown as Config["pools"],
}));

function keysOf({ pools }: Pick<Config, "pools">): Set<string> {
  return new Set(pools.flatMap(({ listen }) => listen.map(listenerKey)));
}

Deno.test("diffListeners() leads from the old set to the new", () => {
  fc.assert(
    fc.property(pools, pools, (older, newer) => {
      const { opened, kept, closed } = diffListeners(older, newer);
      const set = keysOf(older);
      for (const one of closed) assert(set.delete(listenerKey(one)));
      for (const one of kept) assert(set.has(listenerKey(one)));
      for (const one of opened) {
        assert(!set.has(listenerKey(one)));
        set.add(listenerKey(one));
      }
      assertEquals(set, keysOf(newer));
    }),
    RUNS,
  );
});

Deno.test("parseAddress() gives text that parses to itself", () => {
  const part = fc.constantFrom(
    ...["127.0.0.1", "*", "[::1]", "[2001:DB8:0::1]", "localhost", "unix:"],
    ...[":", "80", "65536", "/run/x", "x", ".", "..", "[", "]", ""],
  );
  const text = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (written) => {
      const address = parseAddress(written, "/srv");
      if (!address.ok) return;
      assertEquals(parseAddress(address.text, "/elsewhere"), address);
    }),
    RUNS,
  );
});

/** Values that are nearly settings. */
const names = [...Object.keys(MAIN.known), ...Object.keys(POOL.refused)];
const scalar = fc.oneof(
  fc.constantFrom("auto", "01 10", "30s", "5m", "80", "unix:x", "on", "x.ts"),
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const settings = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, tie("object"), fc.array(scalar)),
  object: fc.dictionary(
    fc.oneof(
      fc.constantFrom(...names, "address", "backlog", "path", "level", "web"),
      fc.constantFrom("__proto__", "constructor", "toString"),
      fc.string(),
    ),
    tie("value"),
  ),
}));

/** Errors that can be printed, or a configuration. */
function checkOutcome(parsed: Parsed): void {
  if (parsed.usable) {
    const { config, problems } = resolveConfig(parsed.settings, {
      file: "/srv/procmgr.jsonc",
      prefix: "/srv",
      app: undefined,
      errorLogPath: undefined,
      appRequired: parsed.appRequired,
    }, {
      cpus: [0, 1],
      usableCpus: 2,
      isRoot: true,
      lookUpUser: () => success(undefined),
      lookUpGroup: () => success(undefined),
      appProblem: () => undefined,
      folderProblem: () => undefined,
      isFolder: () => false,
      appConfig: () => undefined,
      readCertificate: noCertificate,
    });
    const lines = problems.map(parsed.locate).map(formatConfigError);
    const all = [...parsed.errors, ...lines];
    if (all.length === 0) checkConfig(config);
  } else {
    assert(parsed.errors.length > 0);
  }
  for (const error of parsed.errors) {
    assert(formatConfigError(error).length > 0);
    assert(error.line === undefined || error.line >= 1);
    assert(error.column === undefined || error.column >= 1);
  }
}

function checkConfig({ pools }: Config): void {
  assert(pools.length >= 1);
  for (const { workers, listen, worker } of pools) {
    assert(workers >= 1 && workers <= 512);
    assert(listen.length >= 1);
    assert(worker.app.startsWith("/"));
    assert(worker.shutdownTimeoutMs >= 0);
  }
}

function parse(texts: Partial<Texts>): Parsed {
  return parseSettings({ file: undefined, globals: undefined, ...texts });
}

Deno.test("parseSettings() gives errors or settings for any value", () => {
  fc.assert(
    fc.property(settings.object, (value) => {
      const text = JSON.stringify(value, null, 1);
      checkOutcome(parse({ file: { path: "/f", text } }));
      checkOutcome(parse({ globals: text }));
    }),
    RUNS,
  );
});

Deno.test("parseSettings() gives errors or settings for any text", () => {
  const token = fc.constantFrom(
    ...["{", "}", "[", "]", ",", ":", '"', "//", "/*", "*/", "\n", "\\u00"],
    ...['"pid"', '"pools"', '"listen"', "1", "-", "1e", "true", "null", ";"],
    ...["pid x;", "env {", "__proto__", "\u2028", "\ud800", "\0"],
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(token, { maxLength: 40 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (text) => {
      checkOutcome(parse({ file: { path: "/f", text } }));
      checkOutcome(parse({ globals: text }));
    }),
    RUNS,
  );
});

Deno.test("checkSettings() leaves nothing that it would complain about", () => {
  fc.assert(
    fc.property(settings.object, (value) => {
      const raw = JSON.parse(JSON.stringify(value));
      const { settings } = checkSettings(raw);
      // A listen without one valid entry stands as an empty list.
      const again = checkSettings(JSON.parse(JSON.stringify(settings)));
      const rest = again.problems.filter(({ path = [] }) =>
        !path.includes("listen") && path.at(-1) !== "pools"
      );
      assertEquals(rest, []);
    }),
    RUNS,
  );
});

Deno.test("parseArgs() is total", () => {
  const argument = fc.oneof(
    fc.string(),
    fc.string().map((text) => `-${text}`),
    fc.string().map((text) => `--${text}`),
    fc.constantFrom("-t", "-T", "-q", "-s", "quit", "-c", "-g", "-p", "-e"),
    fc.constantFrom("--signal=", "--wait", "--role=worker", "-?", "-h", "-vV"),
    fc.constantFrom("__proto__", "--__proto__", "--constructor=x"),
  );
  const kinds = ["run", "test", "signal", "version", "help", "child", "usage"];
  fc.assert(
    fc.property(fc.array(argument), (argv) => {
      const command = parseArgs(argv);
      assert(kinds.includes(command.kind));
      if (command.kind === "usage") assert(command.message.length > 0);
      assertEquals(parseArgs(argv), command);
    }),
    { numRuns: 2000 },
  );
});

const ROOT = new URL("../../", import.meta.url);

Deno.test("procmgr.schema.json and the reference page are current", async () => {
  const schema = await Deno.readTextFile(new URL(SCHEMA_FILE, ROOT));
  assertEquals(schema, schemaText(), "Run deno task schema");
  const page = await Deno.readTextFile(new URL(REFERENCE_FILE, ROOT));
  assertEquals(page, referenceText(page), "Run deno task schema");
});

async function isThere(file: string): Promise<boolean> {
  return await Deno.stat(new URL(file, ROOT)).then(() => true, () => false);
}

/** Every file below a folder whose name ends so. */
async function filesBelow(folder: string, end: string): Promise<string[]> {
  const found: string[] = [];
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))
  ) {
    if (isDirectory) found.push(...await filesBelow(`${folder}${name}/`, end));
    else if (name.endsWith(end)) found.push(`${folder}${name}`);
  }
  return found;
}

Deno.test("every configuration that is shown is valid", async () => {
  const examples: [string, string][] = [];
  for (const file of await filesBelow("examples/", ".jsonc")) {
    if (file.endsWith("/deno.jsonc")) continue;
    examples.push([file, await Deno.readTextFile(new URL(file, ROOT))]);
  }
  const full = "tests/fixture/config/full.jsonc";
  examples.push([full, await Deno.readTextFile(new URL(full, ROOT))]);
  for (const file of [...await filesBelow("docs/", ".md"), "README.md"]) {
    if (file === "README.md" && !await isThere(file)) continue;
    const text = await Deno.readTextFile(new URL(file, ROOT));
    for (const [, block = ""] of text.matchAll(/```jsonc\n(.*?)```/gs)) {
      examples.push([file, block]);
    }
  }
  assert(examples.length >= 3);
  for (const [path, text] of examples) {
    const { errors } = parse({ file: { path, text } });
    assertEquals(errors.map(formatConfigError), []);
  }
});

Deno.test("parsePlain() gives what the long way gives, or nothing", () => {
  const texts = fc.oneof(
    fc.json().map((text) => `// a comment\n{ "app": ${text} }`),
    fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue()).map((value) =>
      JSON.stringify(value, null, 2).replaceAll("\n", " // x\n")
    ),
    fc.array(fc.constantFrom('"a"', ":", "1", "{", "}", ",", "//", "\n", "/*"))
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const plain = parsePlain(text);
      if (plain === undefined) return;
      const { value, errors, duplicates } = parseDocument("x.jsonc", text);
      assertEquals([errors, duplicates], [[], []]);
      assertEquals(value, plain);
    }),
    { numRuns: 1000 },
  );
});
