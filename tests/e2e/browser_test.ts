/**
 * A browser loads a site and talks to it: page, style, script and image, and
 * a WebSocket that a reload closes with 1001, after which the page connects
 * again and goes on.
 */

import { assertEquals } from "@std/assert";
import { Browser } from "../support/browser.ts";
import { fixturePath } from "../support/config.ts";
import { scene } from "../support/harness.ts";
import { useCertificate } from "../support/tls.ts";
import { isMissing } from "../support/tool.ts";

const PROTOCOLS = { http: "http/1.1", https: "h2" } as const;

for (const [scheme, protocol] of Object.entries(PROTOCOLS)) {
  Deno.test({
    name: `a browser's WebSocket comes back after a reload, ${scheme}`,
    ignore: isMissing("chromium"),
    fn: scene(async (scene) => {
      const tls = scheme === "https" ? useCertificate(scene, "a") : undefined;
      const master = await scene.start({
        keepalive_drain: "500ms",
        worker_processes: 1,
        pools: {
          site: {
            static: fixturePath("browser"),
            listen: { address: "127.0.0.1:0", tls },
          },
          web: {
            app: fixturePath("mixed_app.ts"),
            listen: { address: "127.0.0.2:0", tls },
          },
        },
      });
      await using browser = new Browser();
      const url = new URL(`${scheme}://127.0.0.1:${master.port(0)}/`);
      const socket = `${scheme.replace("http", "ws")}://127.0.0.2:`;
      url.searchParams.set("socket", `${socket}${master.port(1)}/`);
      url.searchParams.set("report", browser.report);
      browser.open(url.href, scene.path("profile"));
      const loaded = await browser.hears(/^loaded/);
      const seen = `loaded rgb(1, 2, 3) 16 ${protocol}`;
      assertEquals(browser.said[loaded - 1], seen);
      let heard = await browser.hears(/^echo/, loaded);
      for (let count = 0; count < 2; count++) {
        await master.reload();
        for (const line of [/^close 1001 true$/, /^open$/, /^echo$/]) {
          heard = await browser.hears(line, heard);
        }
        await master.settled(2);
      }
      const odd = browser.said.slice(1).filter((line) =>
        !/^(?:open|echo|close 1001 true)$/.test(line)
      );
      assertEquals(odd, []);
    }),
  });
}
