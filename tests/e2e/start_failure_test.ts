/**
 * A start that cannot succeed says why in one clear line, exits with 1 and
 * leaves nothing behind.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fixturePath, type TestConfig } from "../support/config.ts";
import { type Scene, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";

const FAILED = { kind: "code", code: 1 } as const;

/** Start with `config`, which must fail with these lines. */
async function failure(
  scene: Scene,
  config: TestConfig,
  ...lines: readonly RegExp[]
): Promise<Master> {
  scene.configure(config);
  scene.announce(...lines);
  const master = scene.spawn();
  assertEquals(await master.ended(), FAILED, master.log.text);
  for (const line of lines) assertMatch(master.log.text, line);
  return master;
}

Deno.test(
  "start without the app's file says where the directive is",
  scene(async (scene) => {
    await failure(
      scene,
      { app: "./missing.ts" },
      /\[emerg\] .*procmgr\.jsonc:2:3: .*\/missing\.ts" failed \(2: No such file/,
    );
  }),
);

Deno.test(
  "start with a broken configuration says each error with its place",
  scene(async (scene) => {
    scene.write(
      "procmgr.jsonc",
      '{\n  "worker_proceses": 2,\n  "pid": 7,\n  "app": 1\n}\n',
    );
    scene.announce(/procmgr\.jsonc:[234]:\d+: /);
    const master = scene.spawn();
    assertEquals(await master.ended(), FAILED);
    const lines = master.log.lines(/\[emerg\]/);
    assertEquals(
      lines.map((line) => /procmgr\.jsonc:(\d+:\d+): /.exec(line)?.[1]),
      ["2:3", "3:3", "4:3"],
    );
    assertMatch(lines[0] ?? "", /worker_processes/);
  }),
);

Deno.test(
  "start without any app says that it needs one",
  scene(async (scene) => {
    await failure(scene, { app: undefined }, /\[emerg\] .*app/);
  }),
);

Deno.test(
  "start of an app that throws says what it threw",
  scene(async (scene) => {
    await failure(
      scene,
      { app: "throw_at_boot.ts" },
      /\[emerg\] .*throw_at_boot\.ts.*RangeError: broken on purpose/,
      /\[emerg\] .*could not start: worker process \d+ exited with code 2/,
    );
    // The log is a file; who typed the command reads the terminal.
    assertMatch(
      Deno.readTextFileSync(scene.path("master_1.stderr")),
      /^procmgr: \[emerg\] could not start: .* RangeError: broken on purpose/m,
    );
  }),
);

Deno.test(
  "start of an app that exports nothing usable says what is wanted",
  scene(async (scene) => {
    await failure(
      scene,
      { app: "no_fetch.ts" },
      /\[emerg\] .*no_fetch\.ts.*fetch/,
      /\[emerg\] .*could not start: /,
    );
  }),
);

Deno.test(
  "start of an app with a syntax error says so",
  scene(async (scene) => {
    scene.write("app.ts", "export default 1 +* 2;\n");
    await failure(
      scene,
      { app: "./app.ts" },
      /\[emerg\] .*app\.ts.*Expression expected/,
      /\[emerg\] .*could not start: /,
    );
  }),
);

Deno.test(
  "start of an app that ends its process says how it ended",
  scene(async (scene) => {
    await failure(
      scene,
      { app: "exit_at_boot.ts" },
      /\[emerg\] .*could not start: worker process \d+ exited with code 1/,
    );
  }),
);

Deno.test(
  "start of an app that is never ready gives up after the timeout",
  scene(async (scene) => {
    const started = performance.now();
    await failure(
      scene,
      { app: "never_ready.ts", worker_startup_timeout: "1s" },
      /\[emerg\] .*could not start: not every worker was ready within 1000ms/,
    );
    assert(performance.now() - started >= 1000);
  }),
);

Deno.test(
  "start with an unwritable error log says which file",
  scene(async (scene) => {
    await failure(
      scene,
      { error_log: "missing/error.log" },
      /procmgr: \[emerg\] open\(\) ".*\/missing\/error\.log" failed \(2: /,
    );
  }),
);

Deno.test(
  "start with an unwritable pid file says which file",
  scene(async (scene) => {
    await failure(
      scene,
      { pid: "missing/procmgr.pid" },
      /\[emerg\] .*open\(\) ".*\/missing\/procmgr\.pid" failed \(2: /,
      /\[emerg\] .*could not start: /,
    );
  }),
);

Deno.test(
  "start of two pools fails as a whole when one app fails",
  scene(async (scene) => {
    const listen = "127.0.0.1:0";
    await failure(
      scene,
      {
        pools: {
          good: { app: fixturePath("hello.ts"), listen },
          bad: { app: fixturePath("throw_at_boot.ts"), listen: "[::1]:0" },
        },
      },
      /\[emerg\] .*throw_at_boot\.ts/,
      /\[emerg\] .*could not start: /,
    );
  }),
);
