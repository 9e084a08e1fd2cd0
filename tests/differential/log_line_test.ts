/** What of a line is compared, and what is not. */

import { assertEquals } from "@std/assert";
import { comparable, formatLine, parseLine } from "./log_line.ts";

const CIRCUMSTANCES = {
  folder: "/tmp/one",
  side: "procmgr",
  isMaster: (pid: number): boolean => pid === 7,
} as const;

const TEXTS: readonly (readonly [string, string])[] = [
  [
    "worker process 4711 exited with code 3",
    "worker process N exited with code 3",
  ],
  [
    "worker process 4711 exited on signal 9",
    "worker process N exited on signal 9",
  ],
  ["start worker process 12 slot=0 gen=1 pid=12", "start worker process N"],
  [
    "signal 1 (SIGHUP) received, reconfiguring",
    "signal 1 (SIGHUP) received, reconfiguring",
  ],
  [
    "signal 1 (SIGHUP) received from 33, reconfiguring",
    "signal 1 (SIGHUP) received from N, reconfiguring",
  ],
  ["try again to bind() after 500ms", "try again to bind() after 500ms"],
  [
    "bind() to 127.0.0.1:8080 failed (98: Address already in use)",
    "bind() to N failed (98: Address already in use)",
  ],
  [
    'open() "/tmp/one/logs/error.log" failed (2: No such file)',
    'open() "$D/logs/error.log" failed (2: No such file)',
  ],
  [
    'unknown directive "bogus" in /tmp/one/first.conf:19',
    'unknown directive "bogus" in $D/first.config:N',
  ],
  ["getrlimit(RLIMIT_NOFILE): 20000:20000", "getrlimit(RLIMIT_NOFILE): N"],
];

Deno.test("comparable() keeps what means something, and nothing else", () => {
  for (const [text, expected] of TEXTS) {
    assertEquals(comparable(text, CIRCUMSTANCES), expected);
  }
});

Deno.test("parseLine() knows who spoke", () => {
  const line = (pid: number): string | undefined => {
    const text = `2026/11/24 06:20:15 [notice] ${pid}#0: exit`;
    const parsed = parseLine(text, CIRCUMSTANCES);
    return parsed && formatLine(parsed);
  };
  assertEquals(line(7), "master [notice] exit");
  assertEquals(line(8), "worker [notice] exit");
});

Deno.test("parseLine() reads what is said before there is a log", () => {
  const parsed = parseLine("procmgr: [emerg] no", CIRCUMSTANCES);
  assertEquals(parsed, { by: "master", level: "emerg", text: "no" });
  assertEquals(parseLine("Listening on nothing", CIRCUMSTANCES), undefined);
});
