/** The control socket: whoever writes what into it, the master goes on. */

import { assertEquals, assertMatch } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import { within } from "../support/until.ts";

async function connect(scene: Scene): Promise<Deno.UnixConn> {
  return await Deno.connect({
    transport: "unix",
    path: scene.path("procmgr.sock"),
  });
}

async function say(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let sent = 0; sent < bytes.length;) {
      sent += await connection.write(bytes.subarray(sent));
    }
  } catch {
    // The master has closed it, as it may.
  }
}

/** What comes until the master closes the connection. */
async function rest(connection: Deno.Conn): Promise<string> {
  const read = async (): Promise<string> => {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const piece of connection.readable) {
        text += decoder.decode(piece, { stream: true });
      }
    } catch {
      // A reset ends it as well.
    }
    return text;
  };
  return await within(read(), { what: "the end of a control connection" });
}

for (
  const [what, text] of [
    ["no JSON", "reload\n"],
    ["an unknown request", '{"kind":"request","request":"explode"}\n'],
    ["a line without an end", "x".repeat(1_000_000)],
    ["bytes that are no text", "\u0000\ufffd\u0007\n"],
  ] as const
) {
  Deno.test(
    `${what} on the control socket is answered with the end`,
    scene(async (scene) => {
      const master = await scene.start();
      const workers = master.workers();
      const connection = await connect(scene);
      await say(connection, text);
      assertEquals(await rest(connection), "");
      assertEquals(master.workers(), workers);
      await master.reload();
    }),
  );
}

Deno.test(
  "clients of the control socket that say nothing are in nobody's way",
  scene(async (scene) => {
    const master = await scene.start();
    const idle = await Promise.all(
      Array.from({ length: 20 }, () => connect(scene)),
    );
    await master.reload();
    for (const connection of idle) connection.close();
  }),
);

Deno.test(
  "a client that asks and goes away gets its reload all the same",
  scene(async (scene) => {
    const master = await scene.start();
    const connection = await connect(scene);
    await say(connection, '{"kind":"request","request":"reload"}\n');
    connection.close();
    await master.ready(2);
  }),
);

Deno.test(
  "a request in two pieces is one request",
  scene(async (scene) => {
    await scene.start();
    const connection = await connect(scene);
    await say(connection, '{"kind":"request",');
    await say(connection, '"request":"reload"}\n');
    const [accepted = "", outcome = ""] = (await rest(connection)).split("\n");
    assertMatch(accepted, /"accepted"/);
    assertEquals(JSON.parse(outcome).ok, true);
  }),
);

Deno.test(
  "two operators who reload at once are both told how it ended",
  scene(async (scene) => {
    const master = await scene.start();
    const both = await Promise.all([master.tryReload(), master.tryReload()]);
    assertEquals(both.map(({ code }) => code), [0, 0]);
    await master.settled(2);
  }),
);
