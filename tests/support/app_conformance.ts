/**
 * What every kind of app is promised, whatever it is made of: one list of
 * promises, run against one worker of each kind. The apps are in
 * tests/fixture/conformance/ and tests/fixture/framework/; each has the paths
 * that are asked for here.
 *
 *     conform("an app in Hono", "framework/hono/app.ts");
 *
 * A kind that cannot do something (static files echo nothing) leaves promises
 * out by name, in the open.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fixturePath, type TestConfig } from "./config.ts";
import { scene } from "./harness.ts";
import { HttpConnection } from "./http_client.ts";
import type { Master } from "./master.ts";
import { until } from "./until.ts";

/** What an app is asked. */
interface Site {
  readonly url: string;
  readonly port: number;
  readonly master: Master;
}

/** The promises by name; the name says what holds. */
const PROMISES = {
  "a GET has status, length and body": async ({ url }) => {
    const response = await fetch(url);
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("content-length"), "12");
    assertEquals(await response.text(), "Hello World\n");
  },
  "a HEAD has the head of the GET and no body": async ({ port }) => {
    using connection = await HttpConnection.open({ port });
    await connection.write("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    const head = await connection.head();
    assertEquals(head.split("\r\n", 1), ["HTTP/1.1 200 OK"]);
    // Had a body followed, this would not be understood.
    assertEquals((await connection.request("/")).body, "Hello World\n");
  },
  "an unknown path is a 404": async ({ url }) => {
    const response = await fetch(`${url}/nowhere`);
    assertEquals(response.status, 404);
    await response.body?.cancel();
  },
  "status and headers are the app's, each cookie in its line": async (
    { url },
  ) => {
    const response = await fetch(`${url}/status`);
    assertEquals(response.status, 418);
    assertEquals(response.headers.get("x-app"), "conforms");
    assertEquals(response.headers.getSetCookie(), [
      "a=1; Path=/",
      "b=2; Path=/",
    ]);
    assertEquals(await response.text(), "no coffee\n");
  },
  "a 204 has neither body nor length": async ({ port }) => {
    using connection = await HttpConnection.open({ port });
    const { status, headers } = await connection.request("/no-content");
    assertEquals(status, 204);
    assert(!headers.has("content-length"));
    assert(!headers.has("transfer-encoding"));
    assertEquals((await connection.request("/")).status, 200);
  },
  "the query and headers arrive": async ({ url }) => {
    const query = await fetch(`${url}/query?a=%C3%A9&b=1+2`);
    assertEquals(await query.json(), { a: "é", b: "1 2" });
    const asked = await fetch(`${url}/asked`, { headers: { "x-asked": "me" } });
    assertEquals(await asked.text(), "me");
  },
  "a body arrives as text": async ({ url }) => {
    const response = await fetch(`${url}/text`, { method: "POST", body: "gü" });
    assertEquals(await response.text(), "gü");
  },
  "a body of a megabyte passes both ways": async ({ url }) => {
    const body = new Uint8Array(1_000_000).map((_, index) => index % 251);
    const response = await fetch(`${url}/echo`, { method: "POST", body });
    assertEquals(new Uint8Array(await response.arrayBuffer()), body);
  },
  "a response streams as it is made": async ({ url }) => {
    const response = await fetch(`${url}/ticks`);
    const pieces: string[] = [];
    const text = response.body?.pipeThrough(new TextDecoderStream());
    for await (const piece of text ?? []) pieces.push(piece);
    assertEquals(pieces.join(""), "tick 0\ntick 1\ntick 2\ntick 3\ntick 4\n");
    assert(pieces.length > 1, "it came at once");
  },
  "a client that leaves aborts the request and cancels the body": async (
    { url, port },
  ) => {
    const connection = await HttpConnection.open({ port });
    await connection.send("/endless");
    await connection.head();
    connection.close();
    await until(async () => {
      const { aborted, cancelled } = await (await fetch(`${url}/gone`)).json();
      return aborted > 0 && cancelled > 0;
    }, { what: "the abort to arrive" });
  },
  "an error is a 500, and the worker goes on": async ({ url, master }) => {
    const workers = master.workers();
    const response = await fetch(`${url}/throw`);
    assertEquals(response.status, 500);
    await response.body?.cancel();
    assertEquals(await (await fetch(url)).text(), "Hello World\n");
    assertEquals(master.workers(), workers);
  },
  "a body that breaks is a connection that breaks": async (
    { url, master },
  ) => {
    const workers = master.workers();
    const response = await fetch(`${url}/broken`);
    assertEquals(response.status, 200);
    await assertRejects(() => response.text());
    await master.log.expect(/\[error\].*broke off its response: GET \/broken/);
    assertEquals(await (await fetch(url)).text(), "Hello World\n");
    assertEquals(master.workers(), workers);
  },
} satisfies Readonly<Record<string, (site: Site) => Promise<void>>>;

/** A promise's name. */
export type Promised = keyof typeof PROMISES;

/** Test that the app `fixture`, called `kind`, keeps what is promised. */
export function conform(
  kind: string,
  fixture: string,
  { without = [], config = {} }: {
    readonly without?: readonly Promised[];
    /** Instead of an app. */
    readonly config?: TestConfig;
  } = {},
): void {
  Deno.test(
    `${kind} conforms`,
    scene(async (scene) => {
      const master = await scene.start({
        app: fixturePath(fixture),
        worker_processes: 1,
        ...config,
      });
      const port = master.port();
      const site = { url: `http://127.0.0.1:${port}`, port, master };
      const broken: string[] = [];
      for (const [promise, keep] of Object.entries(PROMISES)) {
        if (without.some((name) => name === promise)) continue;
        await keep(site).catch((error: Error) => {
          broken.push(`${promise}: ${error.stack}`);
        });
      }
      assertEquals(broken, []);
    }),
  );
}
