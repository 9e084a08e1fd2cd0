/** A site in a folder of its own, asked as the server asks it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { StaticConfig } from "../../src/config/config.ts";
import { preparedOf } from "../../src/http/prepared.ts";
import type { RequestInfo } from "../../src/app/app.ts";
import { createStaticApp } from "../../src/app/static.ts";

const CONFIG: Omit<StaticConfig, "root"> = {
  index: ["index.html"],
  autoindex: false,
  disableSymlinks: "off",
  hiddenFiles: false,
  encodings: [],
  cacheControl: undefined,
  etag: true,
  rangesMax: 8,
  notFound: undefined,
  fallback: undefined,
  types: {},
  defaultType: "application/octet-stream",
  charset: "utf-8",
};

/** Long ago, so that nothing is as new as its tag is weak. */
const THEN = new Date("2024-01-02T03:04:05Z");

const LARGE = new Uint8Array(200_000).map((_, index) => index % 251);

type Files = Readonly<Record<string, string | Uint8Array>>;

class TestSite implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly root = `${this.folder}/root`;
  readonly logged: string[] = [];
  readonly #fetch: (request: Request, info: RequestInfo) => unknown;

  constructor(files: Files, config: Partial<StaticConfig> = {}) {
    Deno.mkdirSync(this.root);
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    const { root } = this;
    this.#fetch = createStaticApp({ root, ...CONFIG, ...config }).fetch;
  }

  write(path: string, content: string | Uint8Array): void {
    const full = `${this.root}/${path}`;
    Deno.mkdirSync(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(full, content);
    else Deno.writeFileSync(full, content);
    Deno.utimeSync(full, THEN, THEN);
  }

  ask(path: string, init: RequestInit = {}): Response {
    const log = { error: (text: string) => this.logged.push(text) };
    const request = new Request(`http://a${path}`, init);
    const response = this.#fetch(request, { log } as unknown as RequestInfo);
    assert(response instanceof Response);
    return response;
  }

  /** The status and the body's text. */
  async told(path: string, headers: HeadersInit = {}): Promise<string> {
    const response = this.ask(path, { headers });
    return `${response.status} ${await response.text()}`.trim();
  }

  get openFiles(): number {
    return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`)
          .startsWith(this.folder);
      } catch {
        return false;
      }
    }).length;
  }

  [Symbol.dispose](): void {
    assertEquals(this.openFiles, 0, "files left open");
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("a file is sent with what is known of it", async () => {
  using site = new TestSite({ "a.html": "Hello", "empty.txt": "" }, {
    cacheControl: "no-cache",
  });
  const response = site.ask("/a.html?x=1");
  assertEquals(response.status, 200);
  assertEquals(Object.fromEntries(response.headers), {
    "accept-ranges": "bytes",
    "cache-control": "no-cache",
    "content-length": "5",
    "content-type": "text/html; charset=utf-8",
    "etag": '"65937d25-5"',
    "last-modified": "Tue, 02 Jan 2024 03:04:05 GMT",
  });
  assertEquals(await response.text(), "Hello");
  const empty = site.ask("/empty.txt");
  assertEquals(empty.headers.get("content-length"), "0");
  assertEquals(await empty.text(), "");
});

Deno.test("a large file is a slice of an open file, or a stream", async () => {
  using site = new TestSite({ "large.bin": LARGE });
  const prepared = preparedOf(site.ask("/large.bin"));
  assert(prepared?.body && "file" in prepared.body);
  const { file, offset, length } = prepared.body;
  assertEquals([offset, length], [0, LARGE.length]);
  file.close();
  const response = site.ask("/large.bin");
  assertEquals(await response.bytes(), LARGE);
});

Deno.test("HEAD is GET without a body, and opens nothing", async () => {
  using site = new TestSite({ "large.bin": LARGE, "a.txt": "text" });
  for (const path of ["/large.bin", "/a.txt", "/nope", "/.."]) {
    const head = site.ask(path, { method: "HEAD" });
    assertEquals(site.openFiles, 0);
    const get = site.ask(path);
    assertEquals(head.status, get.status);
    assertEquals([...head.headers], [...get.headers]);
    assertEquals(head.body, null);
    await get.body?.cancel();
  }
});

Deno.test("conditions are answered without a body", async () => {
  using site = new TestSite({ "a.txt": "text", "large.bin": LARGE });
  const etag = site.ask("/a.txt").headers.get("etag") ?? "";
  const same = site.ask("/a.txt", { headers: { "if-none-match": etag } });
  assertEquals([same.status, same.body], [304, null]);
  assertEquals(same.headers.get("etag"), etag);
  assertEquals(same.headers.get("content-type"), null);
  const since = { "if-modified-since": THEN.toUTCString() };
  assertEquals(await site.told("/large.bin", since), "304");
  const other = { "if-match": '"other"' };
  assertEquals(await site.told("/large.bin", other), "412 Precondition Failed");
});

Deno.test("ranges of small and large files are the bytes", async () => {
  using site = new TestSite({ "a.txt": "0123456789", "large.bin": LARGE });
  assertEquals(await site.told("/a.txt", { range: "bytes=2-4" }), "206 234");
  assertEquals(await site.told("/a.txt", { range: "bytes=-1" }), "206 9");
  assertEquals(
    await site.told("/a.txt", { range: "bytes=10-" }),
    "416 Range Not Satisfiable",
  );
  const range = "bytes=100000-199999";
  const part = site.ask("/large.bin", { headers: { range } });
  assertEquals(
    part.headers.get("content-range"),
    "bytes 100000-199999/200000",
  );
  assertEquals(await part.bytes(), LARGE.subarray(100_000));
});

Deno.test("several ranges are several parts", async () => {
  using site = new TestSite({ "a.txt": "0123456789", "large.bin": LARGE });
  for (const path of ["/a.txt", "/large.bin"]) {
    const headers = { range: "bytes=1-2,-3" };
    const response = site.ask(path, { headers });
    assertEquals(response.status, 206);
    const type = response.headers.get("content-type") ?? "";
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(type)?.[1];
    const body = await response.bytes();
    assertEquals(response.headers.get("content-length"), String(body.length));
    const parts = new TextDecoder("latin1").decode(body)
      .split(`\r\n--${boundary}`);
    assertEquals([parts.length, parts[0], parts[3]], [4, "", "--\r\n"]);
    const [first, last] = path === "/a.txt"
      ? ["12", "789"]
      : ["\u0001\u0002", String.fromCharCode(...LARGE.subarray(-3))];
    assert(parts[1]?.endsWith(`\r\n\r\n${first}`), parts[1]);
    assert(parts[2]?.endsWith(`\r\n\r\n${last}`), parts[2]);
    assertMatch(parts[1] ?? "", /\r\nContent-Range: bytes 1-2\/\d+\r\n/);
  }
});

Deno.test("a folder is its index, by way of its slash", async () => {
  const index = ["index.html", "index.txt"];
  using site = new TestSite({
    "index.html": "top",
    "a b/index.txt": "second",
    "none/x.txt": "x",
    "odd/index.html/x": "x",
    "odd/index.txt": "behind a folder",
  }, { index });
  assertEquals(await site.told("/"), "200 top");
  const response = site.ask("/a%20b?x=%20#y");
  assertEquals(response.status, 301);
  assertEquals(response.headers.get("location"), "/a%20b/?x=%20");
  assertEquals(await site.told("/a%20b/"), "200 second");
  assertEquals(await site.told("/none/"), "403 Forbidden");
  assertEquals(await site.told("/odd/"), "200 behind a folder");
  assertEquals(await site.told("/nope/"), "404 Not Found");
  assertEquals(await site.told("/index.html/"), "404 Not Found");
  assertEquals(await site.told("/index.html/x"), "404 Not Found");
});

Deno.test("a redirect never leaves this host", () => {
  using site = new TestSite({ "evil.com/x": "", "a:b/x": "" });
  for (const path of ["//evil.com", "///evil.com", "/%2fevil.com"]) {
    assertEquals(site.ask(path).headers.get("location"), "/evil.com/", path);
  }
  assertEquals(site.ask("/a:b").headers.get("location"), "/a%3Ab/");
});

Deno.test("a listing has what would be served", async () => {
  using site = new TestSite(
    { "d/b.txt": "text", "d/.hidden": "", "d/s/x": "" },
    {
      autoindex: true,
    },
  );
  new Deno.Command("mkfifo", { args: [`${site.root}/d/pipe`] }).outputSync();
  Deno.symlinkSync("nowhere", `${site.root}/d/broken`);
  const response = site.ask("/d/");
  assertEquals(
    response.headers.get("content-type"),
    "text/html; charset=utf-8",
  );
  assertMatch(
    response.headers.get("content-security-policy") ?? "",
    /^default-src 'none'/,
  );
  const hrefs = [...(await response.text()).matchAll(/href="([^"]*)"/g)];
  assertEquals(hrefs.map(([, href]) => href), ["../", "./s/", "./b.txt"]);
  const head = site.ask("/d/", { method: "HEAD" });
  assertEquals([head.status, head.body], [200, null]);
});

Deno.test("encoded files are sent to who takes them", async () => {
  using site = new TestSite({
    "a.css": "plain",
    "a.css.gz": "gzipped",
    "a.css.br": "brotli",
    "only.css": "plain",
    "lost.css.gz": "gzipped",
  }, { encodings: ["br", "gzip"] });
  const ask = (path: string, accept: string): Response =>
    site.ask(path, { headers: { "accept-encoding": accept } });
  const br = ask("/a.css", "gzip, br");
  assertEquals(br.headers.get("content-encoding"), "br");
  assertEquals(br.headers.get("content-type"), "text/css; charset=utf-8");
  assertEquals(br.headers.get("vary"), "Accept-Encoding");
  assertEquals(await br.text(), "brotli");
  assertEquals(await ask("/a.css", "gzip").text(), "gzipped");
  const plain = site.ask("/a.css");
  assertEquals(plain.headers.get("vary"), "Accept-Encoding");
  assertEquals(plain.headers.get("content-encoding"), null);
  assertEquals(await plain.text(), "plain");
  assertEquals(ask("/only.css", "br").headers.get("vary"), null);
  assertEquals(ask("/lost.css", "gzip").status, 404);
  const etags = ["br", "gzip", "identity"].map((accept) =>
    ask("/a.css", accept).headers.get("etag")
  );
  assertEquals(new Set(etags).size, 3);
});

Deno.test("what is not there may have a page", async () => {
  using site = new TestSite({ "404.html": "gone" }, { notFound: "/404.html" });
  const response = site.ask("/nope", { headers: { range: "bytes=0-0" } });
  assertEquals(response.status, 404);
  assertEquals(response.headers.get("etag"), null);
  assertEquals(
    response.headers.get("content-type"),
    "text/html; charset=utf-8",
  );
  assertEquals(await response.text(), "gone");
  assertEquals(await site.told("/.env"), "404 gone");
  assertEquals(await site.told("/%00"), "400 Bad Request");
  Deno.removeSync(`${site.root}/404.html`);
  assertEquals(await site.told("/nope"), "404 Not Found");
  const head = site.ask("/nope", { method: "HEAD" });
  assertEquals(head.headers.get("content-length"), "10");
});

Deno.test("an app of one page has its fallback", async () => {
  using site = new TestSite({ "index.html": "app", "a/b": "file" }, {
    fallback: "/index.html",
  });
  assertEquals(await site.told("/some/route"), "200 app");
  assertEquals(await site.told("/a/b"), "200 file");
  assertEquals(await site.told("/.git/config"), "200 app");
  const etag = site.ask("/x").headers.get("etag") ?? "";
  assertEquals(await site.told("/y", { "if-none-match": etag }), "304");
});

Deno.test("other methods are told which there are", async () => {
  using site = new TestSite({ "a.txt": "text" });
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"]) {
    const response = site.ask("/a.txt", { method });
    assertEquals(response.status, 405);
    assertEquals(response.headers.get("allow"), "GET, HEAD, OPTIONS");
    assertEquals(await response.text(), "Method Not Allowed\n");
  }
  const options = site.ask("/a.txt", { method: "OPTIONS" });
  assertEquals([options.status, options.body], [204, null]);
  assertEquals(options.headers.get("allow"), "GET, HEAD, OPTIONS");
});

Deno.test("pipes, devices and sockets are not served, nor waited for", async () => {
  using site = new TestSite({});
  new Deno.Command("mkfifo", { args: [`${site.root}/pipe`] }).outputSync();
  Deno.symlinkSync("/dev/zero", `${site.root}/zero`);
  const path = `${site.root}/sock`;
  const listener = Deno.listen({ transport: "unix", path });
  for (const path of ["/pipe", "/zero", "/sock"]) {
    assertEquals(await site.told(path), "404 Not Found", path);
  }
  listener.close();
});

Deno.test("a file that changed is sent as it is now", async () => {
  using site = new TestSite({ "a.txt": "one" });
  const first = site.ask("/a.txt");
  const etag = first.headers.get("etag") ?? "";
  assertEquals(await first.text(), "one");
  assertEquals(await site.told("/a.txt"), "200 one");
  Deno.writeTextFileSync(`${site.root}/a.txt`, "two");
  assertEquals(await site.told("/a.txt", { "if-none-match": etag }), "200 two");
  Deno.writeTextFileSync(`${site.root}/b.txt`, "new");
  Deno.renameSync(`${site.root}/b.txt`, `${site.root}/a.txt`);
  assertEquals(await site.told("/a.txt"), "200 new");
  assertMatch(site.ask("/a.txt").headers.get("etag") ?? "", /^W\//);
  Deno.removeSync(`${site.root}/a.txt`);
  assertEquals(await site.told("/a.txt"), "404 Not Found");
});

Deno.test("a large file replaced while it is sent is sent whole", async () => {
  using site = new TestSite({ "large.bin": LARGE });
  const response = site.ask("/large.bin");
  site.write("new.bin", LARGE.map((byte) => 255 - byte));
  Deno.renameSync(`${site.root}/new.bin`, `${site.root}/large.bin`);
  assertEquals(await response.bytes(), LARGE);
  const second = site.ask("/large.bin");
  assertEquals((await second.bytes())[0], 255);
});

Deno.test("links are followed, or not", async () => {
  for (
    const [disableSymlinks, expected] of [
      ["off", ["200 in", "200 in", "200 in", "200 out", "200 out"]],
      ["outside", ["200 in", "200 in", "200 in", "403 Forbidden", "403"]],
      ["on", ["200 in", "403 Forbidden", "403 Forbidden", "403", "403"]],
    ] as const
  ) {
    using site = new TestSite({ "d/a.txt": "in" }, { disableSymlinks });
    Deno.mkdirSync(`${site.folder}/root2`);
    Deno.writeTextFileSync(`${site.folder}/root2/b.txt`, "out");
    Deno.symlinkSync("d/a.txt", `${site.root}/near`);
    Deno.symlinkSync(`${site.root}/d`, `${site.root}/absolute`);
    Deno.symlinkSync("../root2/b.txt", `${site.root}/out`);
    Deno.symlinkSync("../root2", `${site.root}/outer`);
    const paths = ["/d/a.txt", "/near", "/absolute/a.txt", "/out"];
    for (const [index, path] of [...paths, "/outer/b.txt"].entries()) {
      const told = await site.told(path);
      assert(told.startsWith(expected[index] ?? "?"), `${path}: ${told}`);
    }
  }
});

Deno.test("a root that is a link may be swapped", async () => {
  for (const disableSymlinks of ["off", "outside", "on"] as const) {
    using site = new TestSite({});
    for (const release of ["1", "2"]) {
      Deno.mkdirSync(`${site.folder}/${release}`);
      Deno.writeTextFileSync(`${site.folder}/${release}/a`, release);
    }
    const root = `${site.folder}/current`;
    Deno.symlinkSync("1", root);
    using linked = new TestSite({}, { root, disableSymlinks });
    assertEquals(await linked.told("/a"), "200 1");
    Deno.symlinkSync("2", `${root}.new`);
    Deno.renameSync(`${root}.new`, root);
    assertEquals(await linked.told("/a"), "200 2");
  }
});

Deno.test("a listing says nothing of links that are refused", async () => {
  using site = new TestSite({ "d/a.txt": "in" }, {
    autoindex: true,
    disableSymlinks: "outside",
  });
  Deno.symlinkSync("/etc/passwd", `${site.root}/d/secret`);
  const page = await site.ask("/d/").text();
  assert(page.includes("a.txt") && !page.includes("secret"));
  Deno.symlinkSync("/etc", `${site.root}/etc`);
  assertEquals(await site.told("/etc/"), "403 Forbidden");
  assertEquals(await site.told("/etc"), "403 Forbidden");
});

Deno.test("what may not be read is refused, and said", async () => {
  using site = new TestSite({ "loop/x": "" });
  Deno.symlinkSync("round", `${site.root}/round`);
  assertEquals(await site.told("/round"), "403 Forbidden");
  assertEquals(site.logged, [
    `open() "${site.root}/round" failed (40: Too many levels of symbolic ` +
    'links), request: "GET http://a/round"',
  ]);
  const long = "x".repeat(300);
  assertEquals(await site.told(`/${long}`), "404 Not Found");
  assertEquals(await site.told(`/${"x/".repeat(4000)}`), "404 Not Found");
});
