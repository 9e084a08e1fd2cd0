// deno-lint-ignore-file no-console
/**
 * Runs the suites, each in a process of its own, so that what one does to its
 * process (signal masks, limits, descriptors) is no other's business:
 * `deno task test`, or `deno task test unit e2e` for some.
 *
 * Ends with a table of counts and times and the line `N passed, N failed`. A
 * suite that crashed or ran nothing counts as one failure more: silence is no
 * success. Exit code 1 if anything failed.
 */

import { SUITES } from "../tests/architecture.ts";

/** How a suite went. */
interface Tally {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** Why it counts as failed though no test did; empty when it does not. */
  readonly remark: string;
}

/** What is known of a suite when it has ended. */
interface Ran {
  readonly text: string;
  readonly code: number;
  readonly seconds: number;
}

/** No suite takes this long; one that does hangs. */
const SUITE_LIMIT_MS = 1_200_000;

/** `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)` */
const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/gm;

/** Run one suite, its output passed on as it comes. */
async function runSuite(
  { name, paths, parallel, examples }: typeof SUITES[number],
): Promise<Tally> {
  console.log(`\n=== ${name}`);
  const present = paths.filter(isPresent);
  const started = performance.now();
  if (present.length === 0) {
    return judge(name, { text: "", code: 0, seconds: 0 });
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--allow-all",
      ...(parallel === true ? ["--parallel"] : []),
      ...(examples === true ? ["--doc", "--no-check"] : []),
      ...present,
    ],
    // Without NO_COLOR the summary carries escape codes even into a pipe.
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    signal: AbortSignal.timeout(SUITE_LIMIT_MS),
  }).spawn();
  const [text, status] = await Promise.all([
    passOn(child.stdout),
    child.status,
  ]);
  const seconds = (performance.now() - started) / 1000;
  return judge(name, { text, code: status.code, seconds });
}

async function passOn(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const output = Deno.stdout.writable.getWriter();
  for await (const piece of stream) {
    text += decoder.decode(piece, { stream: true });
    await output.write(piece);
  }
  output.releaseLock();
  return text;
}

function judge(name: string, { text, code, seconds }: Ran): Tally {
  const summary = [...text.matchAll(SUMMARY)].at(-1);
  const passed = Number(summary?.[1] ?? 0);
  const failed = Number(summary?.[2] ?? 0);
  const remark = summary === undefined
    ? `no summary, exit code ${code}`
    : passed + failed === 0
    ? "ran nothing"
    : code !== 0 && failed === 0
    ? `exit code ${code}`
    : "";
  return {
    name,
    passed,
    failed: failed + (remark === "" ? 0 : 1),
    seconds,
    remark,
  };
}

function isPresent(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function print(tallies: readonly Tally[]): void {
  console.log("\nsuite       passed  failed  seconds");
  for (const { name, passed, failed, seconds, remark } of tallies) {
    console.log(
      [
        name.padEnd(10),
        String(passed).padStart(7),
        String(failed).padStart(7),
        seconds.toFixed(1).padStart(8),
        remark,
      ].join(" ").trimEnd(),
    );
  }
}

function sum(tallies: readonly Tally[], of: "passed" | "failed"): number {
  return tallies.reduce((total, tally) => total + tally[of], 0);
}

const unknown = Deno.args.filter((name) =>
  !SUITES.some((suite) => suite.name === name)
);
if (unknown.length > 0) {
  const known = SUITES.map(({ name }) => name).join(", ");
  console.error(`unknown suite ${unknown.join(", ")}, known: ${known}`);
  Deno.exit(100);
}

const tallies: Tally[] = [];
for (const suite of SUITES) {
  if (Deno.args.length > 0 && !Deno.args.includes(suite.name)) continue;
  tallies.push(await runSuite(suite));
}
print(tallies);
console.log(
  `\n${sum(tallies, "passed")} passed, ${sum(tallies, "failed")} failed`,
);
Deno.exit(sum(tallies, "failed") === 0 ? 0 : 1);
