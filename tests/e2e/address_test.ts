/** Addresses that others have, files where a Unix socket should be. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { scene } from "../support/harness.ts";
import { ask } from "../support/http_client.ts";

const FAILED = { kind: "code", code: 1 } as const;

/** A listener of somebody else on a port of the kernel's choice. */
function occupy(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

Deno.test(
  "start tries an address in use five times, then exits with 1",
  scene(async (scene) => {
    using other = occupy();
    const { port } = other.addr;
    scene.configure({ listen: `127.0.0.1:${port}` });
    scene.announce(
      new RegExp(
        `bind\\(\\) to 127\\.0\\.0\\.1:${port} failed \\(98: Address already`,
      ),
      /could not start: still could not bind\(\)/,
      /still could not bind\(\)$/,
    );
    const started = performance.now();
    const master = scene.spawn();
    assertEquals(await master.ended(), FAILED);
    assertGreater(performance.now() - started, 4 * 500);
    assertEquals(master.log.count(/#0: bind\(\) to .* failed \(98: /), 5);
    assertEquals(master.log.count(/try again to bind\(\) after 500ms/), 4);
    assertEquals(master.log.count(/start worker process/), 0);
  }),
);

Deno.test(
  "start takes an address that becomes free meanwhile",
  scene(async (scene) => {
    const other = occupy();
    const { port } = other.addr;
    scene.configure({ listen: `127.0.0.1:${port}` });
    const master = scene.spawn();
    await master.log.expectAlert(/bind\(\) to .* failed \(98: /);
    other.close();
    await master.ready();
    assertEquals(master.port(), port);
    assertEquals((await master.request()).status, 200);
  }),
);

Deno.test(
  "start that waits for an address can be stopped",
  scene(async (scene) => {
    using other = occupy();
    scene.configure({ listen: `127.0.0.1:${other.addr.port}` });
    const master = scene.spawn();
    await master.log.expectAlert(/bind\(\) to .* failed \(98: /);
    const started = performance.now();
    master.signal("SIGTERM");
    assertEquals(await master.ended(), { kind: "code", code: 0 });
    assert(performance.now() - started < 3000);
  }),
);

Deno.test(
  "start of an address that is not this machine's fails at once",
  scene(async (scene) => {
    scene.configure({ listen: "192.0.2.1:0" });
    scene.announce(
      /bind\(\) to 192\.0\.2\.1:0 failed \(99: Cannot assign/,
      /could not start: bind\(\)/,
    );
    const master = scene.spawn();
    assertEquals(await master.ended(), FAILED);
    assertEquals(master.log.count(/try again to bind/), 0);
  }),
);

Deno.test(
  "start replaces the Unix socket of a dead server",
  scene(async (scene) => {
    const path = scene.path("web.sock");
    await leaveSocket(path);
    await scene.start({ listen: `unix:${path}` });
    assertEquals((await ask({ path })).status, 200);
  }),
);

Deno.test(
  "start refuses the Unix socket of a living server and leaves it alone",
  scene(async (scene) => {
    const path = scene.path("web.sock");
    using other = Deno.listen({ transport: "unix", path });
    scene.configure({ listen: `unix:${path}` });
    scene.announce(
      /bind\(\) to unix:.*web\.sock failed \(98: /,
      /still could not bind\(\)/,
    );
    const master = scene.spawn();
    assertEquals(await master.ended(), FAILED);
    const [client, server] = await Promise.all([
      Deno.connect({ transport: "unix", path }),
      // The probes of the attempts wait in its queue as well.
      other.accept(),
    ]);
    client.close();
    server.close();
  }),
);

Deno.test(
  "start refuses a file that is no socket and leaves it alone",
  scene(async (scene) => {
    const path = scene.write("web.sock", "precious\n");
    scene.configure({ listen: `unix:${path}` });
    scene.announce(
      /bind\(\) to unix:.*web\.sock failed \(88: /,
      /could not start: /,
    );
    const master = scene.spawn();
    assertEquals(await master.ended(), FAILED);
    assertEquals(Deno.readTextFileSync(path), "precious\n");
  }),
);

/** A socket file that nobody listens on, as a killed server leaves it. */
async function leaveSocket(path: string): Promise<void> {
  const code = `Deno.listen({ transport: "unix", path: ${
    JSON.stringify(path)
  } }); Deno.kill(Deno.pid, "SIGKILL")`;
  await new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    stdin: "null",
  }).output();
  assert(Deno.lstatSync(path).isSocket);
}
