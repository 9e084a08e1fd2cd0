/** The help names everything there is. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT_CODE } from "../base/exit_code.ts";
import { SIGNALS } from "../core/master/signal.ts";
import { parseArgs } from "./args.ts";
import { usageText, versionText } from "./usage.ts";

Deno.test("usageText() names every flag, and the parser knows each", () => {
  const flags = usageText().split("\n")
    .map((line) => line.slice(0, line.indexOf(": ")))
    .filter((start) => start.trim().startsWith("-"))
    .flatMap((start) => start.match(/(?<!\w)--?[\w?][\w-]*/g) ?? []);
  for (const flag of ["-?", "-V", "--help", "--wait", "-g", "--globals"]) {
    assertEquals(flags.includes(flag), true, flag);
  }
  for (const flag of flags) {
    const command = parseArgs([flag]);
    const message = command.kind === "usage" ? command.message : "";
    assertEquals(message.startsWith("invalid option"), false, flag);
  }
});

Deno.test("usageText() names every signal and exit code", () => {
  const text = usageText();
  for (const { signal, name } of SIGNALS.filter(isUseful)) {
    assertStringIncludes(text, signal.slice("SIG".length));
    if (name !== undefined) assertStringIncludes(text, name);
  }
  for (const code of Object.values(EXIT_CODE)) {
    assertEquals(new RegExp(`^  ${code} `, "m").test(text), true, `${code}`);
  }
});

/** What the master ignores is nothing to send. */
function isUseful({ intent }: typeof SIGNALS[number]): boolean {
  return intent !== "ignore";
}

Deno.test("usageText() fits a terminal", () => {
  const long = usageText().split("\n").filter((line) => line.length > 79);
  assertEquals(long, []);
  assertEquals(usageText().endsWith("\n"), true);
});

Deno.test("versionText() has nginx's form", () => {
  const facts = { version: "0.1.0", runtime: "deno 2.9.6", target: "x86_64" };
  assertEquals(
    versionText(facts, { verbose: false }),
    "procmgr version: procmgr/0.1.0\n",
  );
  assertEquals(
    versionText(facts, { verbose: true }),
    "procmgr version: procmgr/0.1.0\nbuilt for x86_64\nruns on deno 2.9.6\n",
  );
  const packed = { file: "/usr/bin/procmgr", folder: "/var/cache/procmgr/1" };
  assertStringIncludes(
    versionText({ ...facts, packed }, { verbose: true }),
    "2.9.6\npacked in /usr/bin/procmgr, unpacked in /var/cache/procmgr/1\n",
  );
});
