/**
 * A folder beside nginx: the same requests to both, and every difference in
 * status, headers or body is listed here with its reason. One that is not
 * listed fails, and so does one that is listed and does not happen.
 */

import { assertEquals } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import { until } from "../support/until.ts";

const THEN = new Date("2024-01-01T00:00:00Z");
const DATE = "Mon, 01 Jan 2024 00:00:00 GMT";
const ETAG = '"65920080-12"';

/** A request: method, path, header lines. */
type Asked = readonly [string, string, ...string[]];

const PATHS = [
  ...["/", "/index.html", "/sub", "/sub/", "/sub?x=1", "/list", "/noidx/"],
  ...["/nope", "/empty.txt", "/pipe", "/out", "/near", "/loop", "/loop/"],
  ...["/a%20b.txt", "/100%25.txt", "/100%.txt", "/README", "/index.html/"],
  ...["/index.html/x", "/..%2fsecret", "//sub", "/sub/..", "/%zz", "/a%00b"],
  ...["/./sub/../index.html", "/a\\b", "/%5c..%5csecret", "/*", "/big.bin"],
  `/${"a".repeat(300)}`,
];

const ON_INDEX = [
  ...["Range: bytes=0-4", "Range: bytes=-5", "Range: bytes=5-"],
  ...["Range: bytes=100-", "Range: bytes=-0", "Range: bytes=0-999"],
  ...["Range: lines=0-1", "Range: bytes=0-0,0-0,0-17,0-17"],
  ...[`If-None-Match: ${ETAG}`, "If-None-Match: *", 'If-Match: "x"'],
  ...[`If-None-Match: W/${ETAG}`, `If-None-Match: "x", ${ETAG}`],
  ...[`If-Match: ${ETAG}`, `If-Modified-Since: ${DATE}`],
  "If-Modified-Since: Sun, 01 Jan 2023 00:00:00 GMT",
  "If-Unmodified-Since: Sun, 01 Jan 2023 00:00:00 GMT",
  "If-Modified-Since: garbage",
];

const IF_RANGES = [ETAG, '"x"', DATE, "Tue, 02 Jan 2024 00:00:00 GMT"];
const ENCODINGS = ["gzip", "gzip;q=0", "br", "identity", "*"];
const METHODS = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

const REQUESTS: readonly Asked[] = [
  ...PATHS.map((path): Asked => ["GET", path]),
  ...METHODS.map((method): Asked => [method, "/index.html"]),
  ...ON_INDEX.map((line): Asked => ["GET", "/index.html", line]),
  ...IF_RANGES.map((value): Asked => [
    ...["GET", "/index.html", "Range: bytes=0-1"] as const,
    `If-Range: ${value}`,
  ]),
  ...ENCODINGS.map((value): Asked => [
    ...["GET", "/style.css", `Accept-Encoding: ${value}`] as const,
  ]),
  ["GET", "/empty.txt", "Range: bytes=0-1"],
  ["HEAD", "/big.bin", "Range: bytes=0-1"],
  ["GET", "/nope", "Range: bytes=0-0"],
  ["HEAD", "/style.css", "Accept-Encoding: gzip"],
  ["HEAD", "/index.html", `If-None-Match: ${ETAG}`],
  ["GET", "/a.xml"],
  ["GET", "/.hidden"],
  ["GET", "/../secret"],
  ["GET", "/index.html", "Range: bytes=5-2"],
  ["GET", "/index.html", "Range: bytes=abc"],
  [
    ...["GET", "/index.html"] as const,
    "If-Modified-Since: Wed, 01 Jan 2025 00:00:00 GMT",
  ],
];

/** The request, and why it is answered otherwise. */
const DIVERGENCES: Readonly<Record<string, string>> = {
  "POST /index.html": "405 must name what is allowed: RFC 9110, 15.5.6",
  "PUT /index.html": "405 must name what is allowed",
  "DELETE /index.html": "405 must name what is allowed",
  "PATCH /index.html": "405 must name what is allowed",
  "OPTIONS /index.html": "what is allowed can be asked for",
  "GET /style.css Accept-Encoding: gzip": "ranges of it work, and are said to",
  "HEAD /style.css Accept-Encoding: gzip": "as GET",
  "GET /style.css Accept-Encoding: *": "the asterisk takes gzip: RFC 9110",
  "GET /a.xml": "application/xml: RFC 7303",
  "GET /.hidden": "hidden files are not served",
  "GET /../secret": "dot segments are gone before the path is looked at",
  "GET /index.html Range: bytes=5-2": "a Range that is none is ignored",
  "GET /index.html Range: bytes=abc": "a Range that is none is ignored",
  "GET /index.html If-Modified-Since: Wed, 01 Jan 2025 00:00:00 GMT":
    "older is not modified since: RFC 9110, 13.1.3",
};

/** What is compared of an answer. */
const COMPARED = [
  ...["content-type", "content-length", "last-modified", "etag", "vary"],
  ...["content-range", "location", "accept-ranges", "content-encoding"],
  "allow",
];

function makeSite(scene: Scene): string {
  const root = scene.path("site");
  const files: Readonly<Record<string, string>> = {
    "index.html": "Hello World index\n",
    "sub/index.html": "sub\n",
    "style.css": "body{}\n",
    "style.css.gz": "not really gzip, and nobody looks",
    "empty.txt": "",
    "noidx/b.txt": "b",
    "list/a.txt": "a",
    "a b.txt": "space",
    "100%.txt": "percent",
    "a.xml": "<a/>",
    README: "text",
    ".hidden": "hidden",
    "big.bin": "0123456789".repeat(20_000),
    "../secret": "secret",
  };
  for (const [name, text] of Object.entries(files)) {
    const path = `${root}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
    Deno.utimeSync(path, THEN, THEN);
  }
  new Deno.Command("mkfifo", { args: [`${root}/pipe`] }).outputSync();
  Deno.symlinkSync("../secret", `${root}/out`);
  Deno.symlinkSync("index.html", `${root}/near`);
  Deno.symlinkSync("loop", `${root}/loop`);
  return root;
}

function startNginx(scene: Scene, root: string): Deno.ChildProcess {
  const conf = scene.write(
    "nginx.conf",
    `daemon off; master_process off; pid ${scene.path("nginx")};
error_log ${scene.path("nginx.err")};
events { worker_connections 64; }
http {
  access_log off; include /etc/nginx/mime.types;
  default_type application/octet-stream; max_ranges 64; absolute_redirect off;
  server {
    listen unix:${scene.path("nginx.sock")};
    root ${root}; gzip_static on; gzip_vary on;
  }
}`,
  );
  return new Deno.Command("nginx", {
    args: ["-c", conf, "-p", scene.folder],
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Status, compared headers and body; of an error page only the status. */
async function ask(path: string, [method, target, ...lines]: Asked): Promise<
  readonly unknown[]
> {
  using connection = await Deno.connect({ transport: "unix", path });
  const head = [`${method} ${target} HTTP/1.1`, "Host: a", "Connection: close"];
  const request = [...head, ...lines, "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(request));
  const bytes = await new Response(connection.readable).bytes();
  const text = new TextDecoder("latin1").decode(bytes);
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...headerLines] = text.slice(0, end).split("\r\n");
  const status = Number(statusLine.split(" ")[1]);
  const headers = new Map(headerLines.map((line) => {
    const colon = line.indexOf(": ");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  }));
  const isPage = status >= 300 && status !== 304;
  const compared = COMPARED
    .filter((name) => !isPage || !name.startsWith("content-"))
    .map((name) => headers.get(name));
  return [status, ...compared, isPage ? undefined : text.slice(end + 4)];
}

async function ends(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch {
    return false;
  }
}

function nginxIsHere(): boolean {
  try {
    Deno.statSync("/etc/nginx/mime.types");
    return new Deno.Command("nginx", { args: ["-v"], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a folder is served as nginx serves it (needs nginx)",
  ignore: !nginxIsHere(),
  fn: scene(async (scene) => {
    const root = makeSite(scene);
    scene.spare("nginx.sock");
    const nginx = startNginx(scene, root);
    try {
      await scene.start({
        app: undefined,
        static: { root, gzip_static: true, charset: "off" },
        listen: "unix:ours.sock",
        worker_processes: 1,
      });
      const theirs = scene.path("nginx.sock");
      const ours = scene.path("ours.sock");
      await until(() => ends(() => ask(theirs, ["GET", "/"])), {
        what: "nginx",
      });
      const different: string[] = [];
      for (const asked of REQUESTS) {
        const [expected, got] = [
          await ask(theirs, asked),
          await ask(ours, asked),
        ];
        const name = asked.join(" ");
        if (Object.hasOwn(DIVERGENCES, name)) {
          if (String(expected) === String(got)) different.push(`same: ${name}`);
        } else if (String(expected) !== String(got)) {
          different.push(`${name}: ${expected} and ${got}`.slice(0, 400));
        }
      }
      assertEquals(different, []);
    } finally {
      nginx.kill("SIGTERM");
      await nginx.status;
    }
  }),
});
