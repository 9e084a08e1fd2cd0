/** What a worker says is never trusted. */

import { assert, assertEquals } from "@std/assert";
import { scene } from "../support/harness.ts";

for (
  const [what, text] of [
    ["no JSON", "garbage"],
    ["JSON that is no message", '{"kind":"promote","slot":0}'],
    ["a bare value", "17"],
    ["a message with a wrong field", '{"kind":["ready"]}'],
  ] as const
) {
  Deno.test(
    `${what} on the channel: that worker is replaced, nobody else`,
    scene(async (scene) => {
      const master = await scene.start({ app: "garbage_on_channel.ts" });
      const before = master.workers();
      const query = encodeURIComponent(text);
      const { headers } = await master.request(`/?${query}`);
      const worker = Number(headers.get("x-pid"));
      await master.log.expect(
        new RegExp(`channel of worker process ${worker} carried garbage`),
      );
      await master.gone(worker);
      const after = await master.settled(2);
      const other = before.find((pid) => pid !== worker) ?? 0;
      assert(after.includes(other));
      assertEquals((await master.request()).status, 200);
    }),
  );
}

Deno.test(
  "a worker that says ready again and again changes nothing",
  scene(async (scene) => {
    const master = await scene.start({ app: "garbage_on_channel.ts" });
    const workers = master.workers();
    const query = encodeURIComponent('{"kind":"ready"}');
    for (let count = 0; count < 5; count++) {
      assertEquals((await master.request(`/?${query}`)).status, 200);
    }
    await master.reload();
    await master.settled(2);
    assertEquals(master.log.count(/generation \d+ is ready/), 2);
    assert(!master.workers().some((pid) => workers.includes(pid)));
  }),
);
