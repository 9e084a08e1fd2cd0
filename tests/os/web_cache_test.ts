/** The standard's Cache on a real folder. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Store } from "../../src/cache/store.ts";
import { WebCache } from "../../src/cache/web_cache.ts";
import { zoneAt } from "../support/zone.ts";
import { withFolder } from "./support.ts";

function cacheTest(
  run: (cache: WebCache, folder: string) => Promise<void>,
): () => Promise<void> {
  return () =>
    withFolder(async (folder) => {
      const store = new Store(zoneAt(folder), {
        send: () => true,
        log: () => {},
      });
      await run(new WebCache(store), folder);
    });
}

Deno.test(
  "put() keeps a response for match(), with its headers and whole body",
  cacheTest(async (cache) => {
    const url = "http://a/x?y=1";
    assertEquals(await cache.match(url), undefined);
    const headers = new Headers([["x-a", "b"], ["set-cookie", "c=d"]]);
    headers.append("set-cookie", "e=f");
    const body = new Uint8Array(300_000).map((_, index) => index % 251);
    const stream = new Blob([body]).stream();
    const init = { status: 404, statusText: "Gone Fishing", headers };
    await cache.put(url, new Response(stream, init));
    const found = await cache.match(`${url}#part`);
    assertEquals([found?.status, found?.statusText], [404, "Gone Fishing"]);
    assertEquals(found?.headers.getSetCookie(), ["c=d", "e=f"]);
    assertEquals(await found?.bytes(), body);
    await cache.put(url, new Response("other"));
    assertEquals(await (await cache.match(url))?.text(), "other");
    await cache.put(url, new Response(null, { status: 204 }));
    assertEquals((await cache.match(url))?.body, null);
  }),
);

Deno.test(
  "match() compares method, search and Vary as it is told",
  cacheTest(async (cache) => {
    const vary = { headers: { vary: "Accept" } };
    const asking = (accept: string): Request =>
      new Request("http://a/v", { headers: { accept } });
    await cache.put(asking("one"), new Response("1", vary));
    await cache.put(asking("two"), new Response("2", vary));
    const textOf = async (
      asked: Request | string,
      query = {},
    ): Promise<string | undefined> =>
      await (await cache.match(asked, query))?.text();
    assertEquals(await textOf(asking("one")), "1");
    assertEquals(await textOf(asking("two")), "2");
    assertEquals(await textOf(asking("three")), undefined);
    assertEquals(await textOf(asking("three"), { ignoreVary: true }), "1");
    assertEquals(
      (await cache.matchAll("http://a/v", { ignoreVary: true }))
        .length,
      2,
    );
    await cache.put("http://a/s?q=1", new Response("s"));
    assertEquals(await textOf("http://a/s"), undefined);
    assertEquals(await textOf("http://a/s?z", { ignoreSearch: true }), "s");
    const post = new Request("http://a/s?q=1", { method: "POST" });
    assertEquals(await textOf(post), undefined);
    assertEquals(await textOf(post, { ignoreMethod: true }), "s");
    const keys = await cache.keys();
    assertEquals(keys.map(({ url }) => url), [
      "http://a/v",
      "http://a/v",
      "http://a/s?q=1",
    ]);
    assertEquals(keys[1]?.headers.get("accept"), "two");
    assertEquals(await cache.delete(asking("one")), true);
    assertEquals(await cache.delete(asking("one")), false);
    assertEquals(await textOf(asking("two")), "2");
    assertEquals(
      await cache.delete("http://a/s", { ignoreSearch: true }),
      true,
    );
    assertEquals((await cache.matchAll()).length, 1);
  }),
);

Deno.test(
  "put() refuses what the standard refuses",
  cacheTest(async (cache) => {
    const post = new Request("http://a/", { method: "POST" });
    const used = new Response("used");
    await used.text();
    const cases: readonly (readonly [Request | string, Response])[] = [
      [post, new Response("")],
      ["data:text/plain,a", new Response("")],
      ["http://a/", new Response("", { status: 206 })],
      ["http://a/", new Response("", { headers: { vary: "a, *" } })],
      ["http://a/", Response.error()],
      ["http://a/", used],
      ["no url", new Response("")],
    ];
    for (const [asked, response] of cases) {
      await assertRejects(() => cache.put(asked, response), TypeError);
    }
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error("broken")),
    });
    await assertRejects(
      () => cache.put("http://a/", new Response(broken)),
      Error,
      "broken",
    );
    assertEquals(await cache.match("http://a/"), undefined);
  }),
);

Deno.test(
  "addAll() keeps all of them or none",
  cacheTest(async (cache) => {
    await using server = Deno.serve(
      { port: 0, onListen: () => {} },
      (request) =>
        request.url.endsWith("/bad")
          ? new Response("bad", { status: 500 })
          : new Response(request.url),
    );
    const base = `http://127.0.0.1:${server.addr.port}`;
    await assertRejects(
      () => cache.addAll([`${base}/a`, `${base}/bad`]),
      TypeError,
    );
    assertEquals((await cache.keys()).length, 0);
    await assertRejects(
      () => cache.addAll([`${base}/a`, `${base}/a`]),
      DOMException,
    );
    await cache.addAll([`${base}/a`, `${base}/b`]);
    await cache.add(`${base}/c`);
    assertEquals((await cache.keys()).length, 3);
    assertEquals(await (await cache.match(`${base}/b`))?.text(), `${base}/b`);
  }),
);

Deno.test(
  "a folder that cannot be written to rejects, and reads go on",
  cacheTest(async (cache, folder) => {
    await cache.put("http://a/", new Response("kept"));
    Deno.removeSync(`${folder}/.temporary`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/.temporary`, "no folder");
    await assertRejects(
      () => cache.put("http://a/b", new Response("x")),
      Error,
    );
    assert(await cache.match("http://a/"));
  }),
);
