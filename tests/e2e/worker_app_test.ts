/** What a worker says and does when the app is no good. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { toMilliseconds } from "../../src/base/unit.ts";
import { WorkerProcess } from "../support/worker_process.ts";
import { until } from "../support/until.ts";

const FATAL = { kind: "code", code: 2 } as const;
const CRASHED = { kind: "code", code: 1 } as const;
const DONE = { kind: "code", code: 0 } as const;

/** A folder with an app of this source in it. */
class AppFolder implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/app.ts`;

  constructor(source: string) {
    Deno.writeTextFileSync(this.path, source);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** A source, and what follows `app "PATH" ` in the one emerg line. */
const BROKEN: readonly (readonly [string, string, string])[] = [
  [
    "has a syntax error",
    "const a = 1;\nexport default 1 +* 2;",
    "has a syntax error: Expression expected at PATH:2:19",
  ],
  [
    "misses an import",
    '\nimport "./missing.ts";',
    'imports "FOLDER/missing.ts", which is not found at PATH:2:8',
  ],
  [
    "imports a name that is not there",
    'import { nothing } from "./app.ts";\nnothing;',
    "failed to start: SyntaxError: ",
  ],
  [
    "throws at import",
    "\nfunction f() {\n  throw new RangeError('too far');\n}\nf();",
    "failed to start: RangeError: too far at PATH:3:9",
  ],
  [
    "throws an object",
    "throw { odd: 1 };",
    "failed to start: non-error { odd: 1 }",
  ],
  [
    "throws undefined",
    "throw undefined;",
    "failed to start: non-error undefined",
  ],
  [
    "has no default export",
    "export const fetch = () => new Response();",
    "must export default { fetch } or a default function, got no default export",
  ],
  [
    "exports a number",
    "export default 42;",
    "must export default { fetch } or a default function, got default number",
  ],
  [
    "exports an object without fetch",
    "export default { fetch: 1 };",
    "must export default { fetch } or a default function, " +
    "got default object without fetch",
  ],
  [
    "exports a class",
    "export default class { fetch() {} }",
    "must export default { fetch } or a default function, got default class",
  ],
  [
    "has an onListen that is no function",
    "export default { fetch() {}, onListen: 5 };",
    "must export an onListen that is a function",
  ],
  [
    "throws in onListen",
    "export default {\n  fetch() {},\n  onListen() {\n" +
    "    throw new Error('no');\n  },\n};",
    "failed in onListen: Error: no at PATH:4:11",
  ],
  [
    "rejects in init",
    "export default {\n  fetch() {},\n  async init() {\n" +
    "    throw new Error('no database');\n  },\n};",
    "failed in init: Error: no database at PATH:4:11",
  ],
];

for (const [name, source, line] of BROKEN) {
  Deno.test(`an app that ${name} ends its worker with 2`, async () => {
    using app = new AppFolder(source);
    await using worker = new WorkerProcess({ app: app.path });
    assertEquals(await worker.exited, FATAL);
    const text = line.replaceAll("PATH", app.path)
      .replaceAll("FOLDER", app.folder);
    const lines = worker.log.trimEnd().split("\n");
    assertEquals(lines.length, 1, worker.log + worker.stderr);
    assertMatch(lines[0] ?? "", /^\S+ \S+ \[emerg\] \d+#0: app "/);
    const said = (lines[0] ?? "").split(`app "${app.path}" `)[1] ?? "";
    if (text.endsWith(": ")) assert(said.startsWith(text), said);
    else assertEquals(said, text);
    assertEquals(worker.messages, [{ kind: "failed", reason: worker.reason }]);
    assertEquals(worker.stderr, "");
  });
}

Deno.test("an app that is missing ends its worker with 2", async () => {
  await using worker = new WorkerProcess({ app: "/nowhere/app.ts" });
  assertEquals(await worker.exited, FATAL);
  assertMatch(
    worker.log,
    /\[emerg\] \d+#0: app "\/nowhere\/app\.ts" not found$/m,
  );
});

Deno.test("an app that exits at import just exits", async () => {
  using app = new AppFolder("Deno.exit(0);");
  await using worker = new WorkerProcess({ app: app.path });
  assertEquals(await worker.exited, DONE);
  assertEquals(worker.messages, []);
});

Deno.test("an app that is never ready can be terminated", async () => {
  using app = new AppFolder("await new Promise(() => {});");
  await using worker = new WorkerProcess({ app: app.path });
  await until(() => worker.log === "" && titled(worker.pid), {
    what: "it starts",
  });
  worker.send({ kind: "terminate" });
  assertEquals(await worker.exited, DONE);
});

function titled(pid: number): boolean {
  return Deno.readTextFileSync(`/proc/${pid}/cmdline`).startsWith("procmgr:");
}

Deno.test("a default function is an app, in an odd folder too", async () => {
  const folder = Deno.makeTempDirSync();
  Deno.mkdirSync(`${folder}/a b%20#?é`);
  const path = `${folder}/a b%20#?é/app.js`;
  Deno.writeTextFileSync(
    path,
    "export default (request) => new Response(new URL(request.url).pathname);",
  );
  try {
    await using worker = await WorkerProcess.start({ app: path });
    const response = await fetch(`${worker.url}/here`);
    assertEquals(await response.text(), "/here");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

for (
  const [path, line] of [
    ["/reject-later", "left a rejection unhandled"],
    ["/throw-later", "threw an error that nobody caught"],
  ] as const
) {
  Deno.test(`an app that ${line} ends its worker with 1`, async () => {
    await using worker = await WorkerProcess.start({ app: "worker_app.ts" });
    await fetch(worker.url + path).then((r) => r.text()).catch(() => {});
    assertEquals(await worker.exited, CRASHED);
    const pattern = new RegExp(
      `\\[emerg\\].* ${line}: RangeError: nobody catches \\w+ ` +
        `at /\\S+worker_app\\.ts:\\d+:\\d+\n$`,
    );
    assertMatch(worker.log, pattern);
    assertEquals(worker.stderr, "");
  });
}

Deno.test("an app that takes care of its rejections stays", async () => {
  using app = new AppFolder(`
    addEventListener("unhandledrejection", (event) => event.preventDefault());
    export default () => {
      Promise.reject(new Error("known"));
      return new Response("alive");
    };
  `);
  await using worker = await WorkerProcess.start({ app: app.path });
  for (let request = 0; request < 3; request++) {
    assertEquals(await (await fetch(worker.url)).text(), "alive");
  }
  worker.quit();
  assertEquals(await worker.exited, DONE);
});

Deno.test("onListen is told the address, and is a method", async () => {
  using app = new AppFolder(`export default {
    heard: [],
    onListen(address) {
      this.heard.push(address);
    },
    fetch() {
      return Response.json(this.heard);
    },
  };`);
  await using worker = await WorkerProcess.start({ app: app.path });
  const response = await fetch(worker.url);
  assertEquals(await response.json(), [
    { transport: "tcp", hostname: "127.0.0.1", port: worker.port },
  ]);
});

Deno.test("a shutdown hook that rejects is one line, and exit 0", async () => {
  using app = new AppFolder(`export default {
    fetch: () => new Response(""),
    shutdown: () => Promise.reject(new Error("cannot flush")),
  };`);
  await using worker = await WorkerProcess.start({ app: app.path });
  worker.quit();
  assertEquals(await worker.exited, DONE);
  assertMatch(
    worker.log,
    /\[error\].* failed in shutdown: Error: cannot flush/,
  );
});

Deno.test("a shutdown hook that hangs is given up after its time", async () => {
  using app = new AppFolder(`export default {
    fetch: () => new Response(""),
    shutdown: () => new Promise(() => {}),
  };`);
  await using worker = await WorkerProcess.start({
    app: app.path,
    config: { shutdownTimeoutMs: toMilliseconds(100) },
  });
  const quitAt = performance.now();
  worker.quit();
  assertEquals(await worker.exited, DONE);
  const tookMs = performance.now() - quitAt;
  assert(tookMs > 990 && tookMs < 2500, `took ${tookMs} ms`);
  assertMatch(worker.log, /\[error\].* shutdown hook did not finish in time/);
});
