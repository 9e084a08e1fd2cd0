/**
 * The log on real files: appended to, reopened, and never in the way when the
 * disk is full or the folder is gone.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Log, type LogTarget, openLog } from "./sink.ts";

const TARGET: LogTarget = {
  path: undefined,
  level: "notice",
  format: "text",
  pid: 4711,
};

class TestLog implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/error.log`;

  open(target: Partial<LogTarget> = {}): Log {
    const opened = openLog({ ...TARGET, path: this.path, ...target });
    if (!opened.ok) throw new Error(opened.error.text);
    return opened.value;
  }

  lines(path = this.path): string[] {
    return Deno.readTextFileSync(path).split("\n").slice(0, -1);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("write() appends one line per call, by level", () => {
  using test = new TestLog();
  Deno.writeTextFileSync(test.path, "was here\n");
  const log = test.open();
  log.write("notice", "one");
  log.write("info", "too quiet");
  log.write("emerg", "two\nlines");
  const [first, second, third, ...more] = test.lines();
  assertEquals(first, "was here");
  assertMatch(second ?? "", /^\S{10} \S{8} \[notice\] 4711#0: one$/);
  assertMatch(third ?? "", /\[emerg\] 4711#0: two\\x0Alines$/);
  assertEquals(more, []);
});

Deno.test("write() uses the local time of this machine", () => {
  using test = new TestLog();
  test.open().write("notice", "now");
  const time = /^\S+ \S+/.exec(test.lines()[0] ?? "")?.[0] ?? "";
  const loggedMs = new Date(time.replaceAll("/", "-")).getTime();
  assert(Math.abs(Date.now() - loggedMs) < 5000, time);
});

Deno.test("write() writes JSON when told to", () => {
  using test = new TestLog();
  test.open({ format: "json" }).write("warn", 'a "b"');
  const { level, pid, text } = JSON.parse(test.lines()[0] ?? "");
  assertEquals({ level, pid, text }, {
    level: "warn",
    pid: 4711,
    text: 'a "b"',
  });
});

Deno.test("reopen() goes on in a new file", () => {
  using test = new TestLog();
  const log = test.open();
  log.write("notice", "before");
  Deno.renameSync(test.path, `${test.path}.1`);
  log.write("notice", "still the old file");
  assertEquals(log.reopen().ok, true);
  log.write("notice", "after");
  assertEquals(test.lines(`${test.path}.1`).length, 2);
  assertEquals(test.lines().length, 1);
});

Deno.test("reopen() keeps the old file when it cannot open the new", () => {
  using test = new TestLog();
  const log = test.open();
  const moved = `${test.path}.1`;
  Deno.renameSync(test.path, moved);
  Deno.mkdirSync(test.path);
  const reopened = log.reopen();
  assertEquals(reopened.ok || reopened.error.code, "EISDIR");
  log.write("notice", "here");
  assertEquals(test.lines(moved).length, 1);
});

Deno.test("openLog() answers with the error of an unwritable path", () => {
  const opened = openLog({ ...TARGET, path: "/nowhere/error.log" });
  assert(!opened.ok);
  assertEquals(opened.error.call, 'open() "/nowhere/error.log"');
  assertEquals(opened.error.code, "ENOENT");
});
