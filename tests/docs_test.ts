/**
 * Keeps the documents true where a machine can: links, names of tasks, files,
 * flags, signals, messages and exit codes, and the tables that repeat what the
 * source says. What a document claims in prose is for the other suites.
 *
 * A table that is compared stands between `<!-- table NAME -->` and
 * `<!-- end -->`. That of the configuration is tools/schema.ts's business.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import project from "../deno.json" with { type: "json" };
import { EXIT_CODE } from "../src/base/exit_code.ts";
import { parseArgs } from "../src/cli/args.ts";
import { usageText } from "../src/cli/usage.ts";
import { SIGNALS } from "../src/core/master/signal.ts";
import { variableNames } from "../src/log/access.ts";
import { PHASES } from "../src/core/master/slot.ts";
import { manualFiles } from "../tools/manual.ts";
import { tableText } from "../tools/media_types.ts";
import { LAYERS, SUITES } from "./architecture.ts";
import { PAGE_FILE, pageText } from "./differential/page.ts";

/** Where the project begins. */
const ROOT = new URL("../", import.meta.url);

/** Path from the root to text. */
const DOCUMENTS: ReadonlyMap<string, string> = new Map(
  ["README.md", ...markdownIn("docs")].map((path) => [path, read(path)]),
);

const README = documentAt("README.md");
const ARCHITECTURE = documentAt("docs/architecture.md");
const COMMANDS = documentAt("docs/signals.md");

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

function markdownIn(folder: string): readonly string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))]
    .map(({ name }) => `${folder}/${name}`)
    .filter((path) => path.endsWith(".md"))
    .sort();
}

function documentAt(path: string): string {
  const text = DOCUMENTS.get(path);
  assert(text !== undefined, `${path} is missing`);
  return text;
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch {
    return false;
  }
}

/** The rows of a named table, its head left out, as cells. */
function table(text: string, name: string): readonly (readonly string[])[] {
  const begin = text.indexOf(`<!-- table ${name} -->`);
  const end = text.indexOf("<!-- end -->", begin);
  assert(begin !== -1 && end !== -1, `no table "${name}"`);
  const rows = text.slice(begin, end).split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line.slice(1, line.lastIndexOf("|")).split("|").map((cell) => cell.trim())
    );
  assert(rows.length > 2, `table "${name}" is empty`);
  return rows.slice(2);
}

/** The code spans of a cell, without their backticks. */
function codes(cell: string | undefined): readonly string[] {
  return [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
}

/** How a heading is linked to. */
function slugOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\w\s-]/g, "").trim()
    .replace(/\s/g, "-");
}

function slugsOf(text: string): readonly string[] {
  const prose = text.replace(/^```[^]*?^```/gm, "");
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    slugOf(heading ?? "")
  );
}

/** What a link from `path` leads to that is not there; undefined: fine. */
function brokenLink(path: string, link: string): string | undefined {
  if (/^https?:/.test(link)) return undefined;
  const [file = "", fragment] = link.split("#");
  const here = new URL(path, ROOT);
  const target = file === "" ? here : new URL(file, here);
  const name = target.href.slice(ROOT.href.length);
  if (!target.href.startsWith(ROOT.href)) return `${path}: ${link} leads out`;
  if (!isThere(name)) return `${path}: ${link} is not there`;
  if (fragment === undefined) return undefined;
  const isHeading = slugsOf(read(name)).includes(fragment);
  return isHeading ? undefined : `${path}: ${link} has no such heading`;
}

/** Every match of the pattern's first group, with its document. */
function mentions(
  pattern: RegExp,
): readonly { readonly path: string; readonly what: string }[] {
  return [...DOCUMENTS].flatMap(([path, text]) =>
    [...text.matchAll(pattern)].map((match) => ({
      path,
      what: match[1] ?? "",
    }))
  );
}

Deno.test("docs: every link leads somewhere", () => {
  const links = mentions(/\]\(([^)\s]+)\)/g);
  const broken = links.flatMap(({ path, what }) =>
    brokenLink(path, what) ?? []
  );
  assert(links.length > 10);
  assertEquals(broken, []);
});

Deno.test("docs: every document is in the README's index", () => {
  for (const path of DOCUMENTS.keys()) {
    if (path !== "README.md") assertStringIncludes(README, `](${path})`);
  }
});

Deno.test("docs: every task that is named exists", () => {
  const named = mentions(/\bdeno(?:@[\d.]+)? task ([a-z][\w:]*)/g);
  const tasks: readonly string[] = Object.keys(project.tasks);
  assert(named.length > 5);
  assertEquals(named.filter(({ what }) => !tasks.includes(what)), []);
});

Deno.test("docs: every file that is named exists", () => {
  const named = mentions(
    /(?<![\w./-])((?:\.ci|bench|docs|examples|src|tests|tools)\/[\w./-]*\w\/?)/g,
  );
  const missing = named.filter(({ what }) => !isThere(what));
  assert(named.length > 20);
  assertEquals(missing, []);
});

Deno.test("README begins with the commands that .ci/run runs", () => {
  const version = /DENO_VERSION=([\d.]+)/.exec(read(".ci/run"))?.[1] ?? "";
  const url = /URL=(\S+)/.exec(read(".ci/run"))?.[1] ?? "";
  assertStringIncludes(README, `\nnpx -y deno@${version} task start\n`);
  assertStringIncludes(README, `\ncurl ${url}\n`);
});

Deno.test("docs/signals.md has the flags of the help, all of them", () => {
  const helped = usageText().split("\n")
    .filter((line) => /^ +-.*: /.test(line))
    .flatMap((line) => line.slice(0, line.indexOf(": ")).match(FLAG) ?? []);
  const documented = table(COMMANDS, "flags")
    .flatMap(([cell]) => codes(cell))
    .flatMap((code) => code.match(FLAG) ?? []);
  assertEquals([...documented].sort(), [...helped].sort());
});

const FLAG = /(?<![\w-])--?[\w?][\w-]*/g;

Deno.test("docs/signals.md quotes what the command line says", () => {
  for (const [line, message] of table(COMMANDS, "usage messages")) {
    const argv = (codes(line)[0] ?? "").split(" ").slice(1);
    const command = parseArgs(argv);
    assertEquals(command.kind, "usage", line);
    if (command.kind === "usage") {
      assertEquals(codes(message), [command.message]);
    }
  }
});

Deno.test("docs/signals.md has the master's signals, in their order", () => {
  const documented = table(COMMANDS, "signals").map((
    [signal, name, saying],
  ) => [codes(signal)[0], codes(name)[0], codes(saying)[0]]);
  assertEquals(
    documented,
    SIGNALS.map(({ signal, name, saying }) => [signal, name, saying]),
  );
});

Deno.test("docs/signals.md has the worker's signals, all of them", () => {
  const source = read("src/role/child_signal.ts");
  const heard = new Set(source.match(/(?<=")SIG[A-Z0-9]+(?=")/g));
  const documented = table(COMMANDS, "worker signals")
    .flatMap(([cell]) => codes(cell));
  assertEquals([...documented].sort(), [...heard].sort());
});

Deno.test("docs/differences.md has the lists of the differential suite", () => {
  const page = documentAt(PAGE_FILE);
  const remedy = "it is stale: run deno task test:diff --page";
  assertEquals(page, pageText(page), remedy);
});

Deno.test("docs: a signal that is documented is one that is heard", () => {
  const known = new Set<string>([
    ...SIGNALS.map(({ signal }) => signal),
    // To every process what the kernel makes of it.
    "SIGKILL",
    "SIGWINCH",
    // What a process does to itself: debug_points.
    "SIGABRT",
    "SIGCONT",
    "SIGSTOP",
  ]);
  const named = mentions(/\b(SIG(?!NAL)[A-Z0-9]+)\b/g)
    // It quotes nginx, who hears others, too.
    .filter(({ path }) => path !== PAGE_FILE);
  assertEquals(named.filter(({ what }) => !known.has(what)), []);
});

Deno.test("docs: the exit codes are those of the source", () => {
  const codesOf = (text: string, heading: RegExp): readonly number[] => {
    const lines = text.split("\n");
    const start = lines.findIndex((line) => heading.test(line));
    assert(start !== -1, `no table of exit codes: ${heading}`);
    const end = lines.findIndex((line, at) => at > start && line === "");
    return lines.slice(start + 2, end).map((line) =>
      Number(line.split("|")[1])
    );
  };
  const expected: readonly number[] = Object.values(EXIT_CODE);
  assertEquals(codesOf(README, /^\| exit code +\| means/), expected);
  assertEquals(codesOf(COMMANDS, /^\| code +\| of /), expected);
});

Deno.test("docs/signals.md quotes log lines that the source can say", () => {
  const source = [
    "src/core/master/notice.ts",
    "src/core/master/reopen.ts",
    "src/core/worker.ts",
    "src/core/worker_drain.ts",
    "src/role/predecessor.ts",
  ].map(read).join("\n").replace(/[`"] \+\s+(?:plural\(.*\) \+\s+)?[`"]/g, "");
  for (const [, cell] of table(COMMANDS, "messages")) {
    const pieces = (codes(cell)[0] ?? "").split("…").map((one) => one.trim());
    assert(pieces.some((piece) => piece !== ""), cell);
    for (const piece of pieces) assertStringIncludes(source, piece);
  }
});

Deno.test("docs/architecture.md has the layers of tests/architecture.ts", () => {
  const documented = table(ARCHITECTURE, "layers").map(([of, may]) => [
    codes(of)[0],
    ...codes(may),
  ]);
  const expected = LAYERS
    .filter(({ of }) => isThere(of) && !of.endsWith("_test.ts"))
    .map(({ of, may }) => [of, ...may.filter(isThere)]);
  assertEquals(documented, expected);
});

Deno.test("docs/architecture.md has the phases, stages and suites", () => {
  const first = (name: string): readonly string[] =>
    table(ARCHITECTURE, name).flatMap(([cell]) => codes(cell));
  assertEquals(first("phases"), PHASES);
  assertEquals(first("suites"), SUITES.map(({ name }) => name));
  const state = read("src/core/master/state.ts");
  const stages = [...state.matchAll(/readonly stage: "(\w+)"/g)];
  assertEquals(
    [...first("stages"), ...first("upgrade stages")].sort(),
    stages.map(([, stage]) => stage ?? "").sort(),
  );
});

Deno.test("docs/access-log.md has every variable", () => {
  const documented = table(documentAt("docs/access-log.md"), "variables")
    .flatMap(([cell]) => codes(cell))
    .map((code) => code.slice(1).replace(/NAME$/, ""));
  assertEquals([...documented].sort(), [...variableNames()].sort());
});

Deno.test("the table of media types is what its source says", () => {
  const path = "src/http/media_types.json";
  assert(read(path) === tableText(), "run deno task media-types");
});

Deno.test("manual pages and completions are what their sources say", () => {
  for (const [path, text] of manualFiles()) {
    assert(isThere(path) && read(path) === text, "run deno task manual");
  }
});
