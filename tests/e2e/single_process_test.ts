// deno-lint-ignore-file camelcase
/**
 * `master_process: false`: one process that serves, reloads without loss,
 * reopens, quits gracefully and terminates. nginx's serves no more after a HUP
 * and does not drain (W19).
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { scene } from "../support/harness.ts";
import type { TestConfig } from "../support/config.ts";
import { childrenOf, isAlive, titleOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

const DONE = { kind: "code", code: 0 } as const;

const SINGLE: TestConfig = { master_process: false };

Deno.test(
  "one process serves, and has no children",
  scene(async (scene) => {
    const master = await scene.start(SINGLE);
    assertEquals((await master.request()).status, 200);
    assertEquals(childrenOf(master.pid), []);
    assertMatch(titleOf(master.pid), /^procmgr: single process/);
    const pid = Number(Deno.readTextFileSync(scene.path("procmgr.pid")));
    assertEquals(pid, master.pid);
  }),
);

Deno.test(
  "a reload in the same process takes the new app, and loses nothing",
  scene(async (scene) => {
    const app = scene.write("app.ts", answering("one"));
    const master = await scene.start({ ...SINGLE, app });
    assertEquals((await master.request()).body, "one");
    const failures: string[] = [];
    let isOver = false;
    const load = Promise.all(Array.from({ length: 4 }, async () => {
      while (!isOver) {
        try {
          const { status } = await master.request();
          if (status !== 200) failures.push(String(status));
        } catch (error) {
          failures.push(String(error));
        }
      }
    }));
    for (const text of ["two", "three", "four"]) {
      scene.write("app.ts", answering(text));
      await master.reload();
      assertEquals((await master.request()).body, text);
    }
    isOver = true;
    await load;
    assertEquals(failures, []);
    assertEquals(childrenOf(master.pid), []);
  }),
);

function answering(text: string): string {
  return `export default { fetch: () => new Response("${text}") };\n`;
}

Deno.test(
  "a reload that fails keeps what is served",
  scene(async (scene) => {
    const app = scene.write("app.ts", answering("one"));
    const master = await scene.start({ ...SINGLE, app });
    scene.write("app.ts", "throw new Error('broken on purpose');\n");
    const reload = await master.tryReload();
    assertEquals(reload.code, 1);
    assertMatch(reload.stderr, /broken on purpose/);
    await master.log.expectAlert(/\[emerg\] .*broken on purpose/);
    assertEquals((await master.request()).body, "one");
    scene.write("app.ts", answering("two"));
    await master.reload();
    assertEquals((await master.request()).body, "two");
  }),
);

Deno.test(
  "a reload opens and closes addresses",
  scene(async (scene) => {
    const master = await scene.start(SINGLE);
    scene.configure({
      ...SINGLE,
      listen: [`unix:${scene.path("a.sock")}`],
    });
    await master.reload();
    const path = scene.path("a.sock");
    using connection = await Deno.connect({ transport: "unix", path });
    assert(connection);
    await until(async () => {
      try {
        (await Deno.connect({ port: master.port() })).close();
        return false;
      } catch {
        return true;
      }
    }, { what: "the old address to be closed" });
  }),
);

Deno.test(
  "QUIT drains: the slow response is whole",
  scene(async (scene) => {
    const master = await scene.start({ ...SINGLE, app: "slow_response.ts" });
    const slow = master.request("/slow?ms=600");
    await master.log.expect(/./);
    await until(async () => (await master.request("/")).status === 200, {
      what: "an answer meanwhile",
    });
    master.signal("SIGQUIT");
    assertEquals((await slow).status, 200);
    assertEquals(await master.ended(), DONE);
  }),
);

Deno.test(
  "TERM ends it at once",
  scene(async (scene) => {
    const master = await scene.start(SINGLE);
    using _kept = await master.holdConnection();
    const begun = performance.now();
    master.signal("SIGTERM");
    assertEquals(await master.ended(), DONE);
    assert(performance.now() - begun < 2000);
  }),
);

Deno.test(
  "USR1 reopens its log",
  scene(async (scene) => {
    const master = await scene.start(SINGLE);
    Deno.renameSync(scene.path("error.log"), scene.path("error.log.1"));
    const reopen = await master.command("-s", "reopen", "--wait");
    assertEquals(reopen.code, 0, reopen.stderr);
    master.signal("SIGHUP");
    await until(
      () =>
        Deno.readTextFileSync(scene.path("error.log")).includes(
          "generation 2 is ready",
        ),
      { what: "the reload in the new log" },
    );
  }),
);

Deno.test(
  "an error that nobody catches ends it with exit code 1",
  scene(async (scene) => {
    const app = scene.write(
      "app.ts",
      `export default { fetch() {
        setTimeout(() => { throw new Error("nobody catches this"); });
        return new Response("soon");
      } };\n`,
    );
    const master = await scene.start({ ...SINGLE, app });
    await master.request();
    assertEquals(await master.ended(), { kind: "code", code: 1 });
    await master.log.expectAlert(/\[emerg\] .*nobody catches this/);
    assert(!isAlive(master.pid));
  }),
);

Deno.test(
  "an app that cannot start is a start that fails",
  scene(async (scene) => {
    scene.configure({ ...SINGLE, app: "throw_at_boot.ts" });
    const master = scene.spawn();
    assertEquals(await master.ended(), { kind: "code", code: 1 });
    await master.log.expectAlert(/\[emerg\] .*failed to start/);
    await master.log.expectAlert(/\[emerg\] could not start/);
  }),
);

Deno.test(
  "an app's own deno.json is not applied, which is said and true",
  scene(async (scene) => {
    const file = scene.write(
      "deno.json",
      '{ "imports": { "own": "./own.ts" } }',
    );
    scene.write("own.ts", "export const text = 'own';\n");
    const app = scene.write("app.ts", answering("one"));
    const master = await scene.start({ ...SINGLE, app });
    await master.log.expect(
      new RegExp(
        `\\[warn\\].* app "${app}": "${file}" is not applied by a single ` +
          'process \\("master_process" is false\\)',
      ),
    );
    const tested = await scene.run("-t");
    assertEquals(tested.code, 0);
    assertMatch(tested.stderr, /\[warn\] .*"\S+\/deno\.json" is not applied/);
    scene.write("app.ts", `import "own";\n${answering("two")}`);
    const reload = await master.tryReload();
    assertEquals(reload.code, 1);
    assertMatch(reload.stderr, /app\.ts" cannot be imported: .*"own"/);
    await master.log.expectAlert(/\[emerg\] .*"own"/);
    assertEquals((await master.request()).body, "one");
  }),
);

Deno.test(
  "pools are served side by side, and as a daemon",
  scene(async (scene) => {
    scene.configure({
      ...SINGLE,
      daemon: true,
      pools: {
        a: { app: "hello.ts", listen: `unix:${scene.path("a.sock")}` },
        b: { app: "hello.ts", listen: `unix:${scene.path("b.sock")}` },
      },
    });
    const start = await scene.run("-p", scene.folder);
    assertEquals(start.code, 0, start.stderr);
    for (const name of ["a", "b"]) {
      const path = scene.path(`${name}.sock`);
      using connection = await Deno.connect({ transport: "unix", path });
      assert(connection);
    }
    const pid = Number(Deno.readTextFileSync(scene.path("procmgr.pid")));
    Deno.kill(pid, "SIGQUIT");
    await until(() => !isAlive(pid), { what: "the end of the daemon" });
  }),
);
