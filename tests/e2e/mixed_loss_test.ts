/**
 * No request is lost by reloads while files, streams, WebSockets, HTTPS and
 * HTTP/2 are asked for at once: not a connection is refused, reset or closed
 * without an announcement (tests/support/mixed_load.ts).
 * `PROCMGR_TEST_RELOADS=100` reloads as many times.
 */

import { assertGreaterOrEqual } from "@std/assert";
import { fixturePath } from "../support/config.ts";
import { type Scene, scene } from "../support/harness.ts";
import { HOSTS } from "../support/load_kind.ts";
import { assertNoneLost, MixedLoad } from "../support/mixed_load.ts";
import { useCertificate } from "../support/tls.ts";

const RELOADS = Number(Deno.env.get("PROCMGR_TEST_RELOADS") || 3);

/** Longer than what is kept in memory: it is read as it is sent. */
const LARGE_BYTES = 200_000;

function makeSite(scene: Scene): string {
  const root = scene.path("site");
  Deno.mkdirSync(root);
  scene.write("site/index.html", "<p>Hello</p>\n");
  scene.write("site/style.css", "p { color: green }\n");
  Deno.writeFileSync(`${root}/large.bin`, new Uint8Array(LARGE_BYTES));
  return root;
}

Deno.test(
  `${RELOADS} reloads under every kind of load at once lose nothing`,
  scene(async (scene) => {
    const tls = useCertificate(scene, "a");
    const master = await scene.start({
      // Streams and WebSockets of several generations end side by side.
      worker_generations: 64,
      worker_shutdown_timeout: "60s",
      keepalive_drain: "2s",
      pools: {
        site: {
          static: makeSite(scene),
          listen: `${HOSTS.site}:0`,
          worker_processes: 1,
        },
        web: {
          app: fixturePath("mixed_app.ts"),
          listen: [`${HOSTS.plain}:0`, { address: `${HOSTS.secure}:0`, tls }],
          worker_processes: 2,
        },
      },
    });
    await using load = await MixedLoad.start({
      site: master.port(0),
      plain: master.port(1),
      secure: master.port(2),
    });
    for (let count = 0; count < RELOADS; count++) await master.reload();
    // Until the last of the old workers has let everybody go.
    await master.settled(3);
    const report = await load.stop();
    assertNoneLost(report);
    for (const kind of ["websocket", "https", "http2", "wss"] as const) {
      assertGreaterOrEqual(report[kind].closes, RELOADS, kind);
    }
  }),
);
