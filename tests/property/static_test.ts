/**
 * Whatever a client asks for, it gets what is below the root, as it is there,
 * or nothing: paths of every dirty kind, ranges and conditions against naive
 * models, over a real folder.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { RequestInfo } from "../../src/app/app.ts";
import { createStaticApp } from "../../src/app/static.ts";
import { encodePath, mapPath } from "../../src/app/static_path.ts";
import { resolveStatic } from "../../src/config/static.ts";
import type { StaticSettings } from "../../src/config/static_schema.ts";
import { chooseEncoding } from "../../src/http/accept.ts";
import { evaluate, rangeApplies } from "../../src/http/conditional.ts";
import { formatHttpDate, parseHttpDate } from "../../src/http/http_date.ts";
import { selectRanges } from "../../src/http/range.ts";

const SECRET = "the secret outside";

/** A root with files in it, and secrets around and behind hidden names. */
function makeSite(): { readonly folder: string; readonly root: string } {
  const folder = Deno.makeTempDirSync();
  const root = `${folder}/a/root`;
  for (const name of ["", "d", "d/e", ".git", "%2e%2e", "..."]) {
    Deno.mkdirSync(`${root}/${name}`, { recursive: true });
    Deno.writeTextFileSync(`${root}/${name}/x`, `inside ${name}/x`);
  }
  Deno.writeTextFileSync(`${root}/.git/x`, SECRET);
  Deno.writeTextFileSync(`${root}/.env`, SECRET);
  for (const name of ["x", "etc", "a/x", "a/etc", "a/rootx"]) {
    Deno.writeTextFileSync(`${folder}/${name}`, SECRET);
  }
  Deno.mkdirSync(`${folder}/a/root2`);
  Deno.writeTextFileSync(`${folder}/a/root2/x`, SECRET);
  Deno.symlinkSync(`${folder}/a/x`, `${root}/d/link`);
  Deno.symlinkSync("../../..", `${root}/d/up`);
  return { folder, root };
}

/** Pieces that paths are made of, clean and dirty. */
const piece = fc.oneof(
  fc.constantFrom(
    ...["/", "//", "\\", "%2f", "%5c", "%5C", "%2F", "%252f", "/./", "/../"],
    ...["..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "...", "....", "..;"],
    ...["x", "d", "e", "link", "up", "root", "root2", "etc", ".git", ".env"],
    ...["%2egit", ".", "%2e", "%00", "\0", "%", "%4", "%zz", "%c0%ae", "%e9"],
    ...["%u002e", "?", "#", "*", ":", "@", " ", "\t", "%20", "%0a", "~"],
    ...["a".repeat(300), "C:", "file:", "http://", "%ef%bc%8e", "\u2024"],
  ),
  fc.string({ maxLength: 4 }),
  fc.string({ maxLength: 2, unit: "binary" }),
);
const dirtyPath = fc.array(piece, { maxLength: 12 }).map((all) =>
  `/${all.join("")}`
);

function appOf(settings: StaticSettings): (url: string) => Response {
  const app = createStaticApp(resolveStatic(settings, "/"));
  const info = { log: { error: () => {} } } as unknown as RequestInfo;
  return (url) => {
    const request = { method: "GET", url, headers: new Headers() };
    return app.fetch(request as Request, info) as Response;
  };
}

Deno.test("no path leads out of the root, nor to a hidden file", async () => {
  const { folder, root } = makeSite();
  const sites = (["outside", "on"] as const).flatMap((links) => [
    appOf({ root, disable_symlinks: links }),
    appOf({ root, disable_symlinks: links, autoindex: true }),
  ]);
  await fc.assert(
    fc.asyncProperty(dirtyPath, async (path) => {
      for (const ask of sites) {
        // As it may reach the app, and as a URL makes of it.
        const urls = [`http://a${path}`, URL.parse(path, "http://a")?.href];
        for (const url of urls) {
          if (url === undefined) continue;
          const response = ask(url);
          const text = await response.text();
          assert([200, 301, 400, 403, 404].includes(response.status), url);
          assert(!text.includes(SECRET), `${url} leads out`);
          const location = response.headers.get("location") ?? "/";
          assert(/^\/(?![/\\])/.test(location), `${url} to ${location}`);
        }
      }
    }),
    { numRuns: 500 },
  );
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("mapPath() has no dot segment, no NUL, and can be undone", () => {
  fc.assert(
    fc.property(dirtyPath, fc.boolean(), (path, hiddenFiles) => {
      const mapped = mapPath(`http://a${path}`, { hiddenFiles });
      if (!mapped.ok) return;
      const segments = mapped.path.split("/").slice(1);
      for (const segment of segments) {
        assert(segment !== "" && segment !== "." && segment !== "..", path);
        assert(!segment.includes("\0"), path);
      }
      if (!hiddenFiles) {
        const seen = segments.slice(segments[0] === ".well-known" ? 1 : 0);
        assert(!seen.some((segment) => segment.startsWith(".")), path);
      }
      const again = mapPath(`http://a${encodePath(mapped.path)}`, {
        hiddenFiles,
      });
      const isText = mapped.path.isWellFormed();
      assert(!isText || (again.ok && again.path === mapped.path), path);
    }),
    { numRuns: 2000 },
  );
});

/** Byte by byte, as the RFC says it, for small files. */
function naiveRange(header: string, size: number): string | undefined {
  const set = /^bytes=(.*)$/.exec(header)?.[1];
  const specs = set?.split(",").map((one) => one.trim()).filter((one) => one);
  if (specs === undefined || specs.length === 0) return undefined;
  const wanted: number[][] = [];
  for (const spec of specs) {
    const [first, last, ...more] = spec.split("-");
    if (more.length > 0 || !/^\d*-\d*$/.test(spec) || spec === "-") {
      return undefined;
    }
    if (first !== "" && last !== "" && Number(last) < Number(first)) {
      return undefined;
    }
    wanted.push(
      Array.from({ length: size }, (_, at) => at).filter((at) =>
        first === ""
          ? at >= size - Number(last)
          : at >= Number(first) && (last === "" || at <= Number(last))
      ),
    );
  }
  const some = wanted.filter((bytes) => bytes.length > 0);
  if (some.length === 0) return "nothing";
  if (some.flat().length > size) return undefined;
  return some.map((bytes) => bytes.join(" ")).join(";");
}

const number = fc.nat({ max: 30 }).map(String);
const rangeSpec = fc.oneof(
  fc.tuple(number, number).map(([first, last]) => `${first}-${last}`),
  number.map((first) => `${first}-`),
  number.map((last) => `-${last}`),
  fc.constantFrom("-", "", " ", "x", "1", "1-2-3", "0x1-2", "1 -2", "-0"),
);

Deno.test("selectRanges() is the naive model", () => {
  fc.assert(
    fc.property(
      fc.array(rangeSpec, { maxLength: 4 }),
      fc.integer({ min: 1, max: 20 }),
      (specs, size) => {
        const header = `bytes=${specs.join(", ")}`;
        const selected = selectRanges(header, { size, rangesMax: 100 });
        const ours = selected.kind === "whole"
          ? undefined
          : selected.kind === "unsatisfiable"
          ? "nothing"
          : selected.slices.map(({ offset, length }) =>
            Array.from({ length }, (_, at) => offset + at).join(" ")
          ).join(";");
        assertEquals(ours, naiveRange(header, size), header);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("dirty headers are answered, and with bytes that exist", () => {
  const dirty = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.string().map((text) => `bytes=${text}`),
    fc.string().map((text) => `"${text}"`),
    fc.string().map((text) => `W/"${text}", ${text}`),
  );
  const validators = { etag: '"a"', lastModifiedMs: 1_700_000_000_000 };
  fc.assert(
    fc.property(dirty, fc.nat({ max: 1000 }), (text, size) => {
      const selected = selectRanges(text, { size, rangesMax: 5 });
      if (selected.kind === "slices") {
        assert(selected.slices.length <= 5);
        for (const { offset, length } of selected.slices) {
          assert(offset >= 0 && length > 0 && offset + length <= size);
        }
      }
      evaluate(() => text, validators);
      rangeApplies(text, validators);
      chooseEncoding(text, ["br", "gzip"]);
      const date = parseHttpDate(text);
      if (date !== undefined) parseHttpDate(formatHttpDate(date));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a hostile header takes no time", () => {
  const long = 100_000;
  const texts = [
    `bytes=${"0-0,".repeat(long)}`,
    `bytes=${" ".repeat(long)}`,
    `bytes=${"9".repeat(long)}-`,
    '"'.repeat(long),
    `${'"a",'.repeat(long)}`,
    `${" ,".repeat(long)}"`,
    `W/${"/".repeat(long)}`,
    `gzip${" ".repeat(long)};q=`,
    `${"a;".repeat(long)}`,
  ];
  const startedAt = performance.now();
  for (const text of texts) {
    selectRanges(text, { size: 10, rangesMax: 10 });
    evaluate(() => text, { etag: '"b"', lastModifiedMs: 0 });
    chooseEncoding(text, ["br"]);
    parseHttpDate(text);
    mapPath(`http://a/${text}`, { hiddenFiles: false });
    mapPath(`http://a/${"%2e%2e/".repeat(long)}`, { hiddenFiles: false });
  }
  const tookMs = performance.now() - startedAt;
  assert(tookMs < 5000, `${tookMs} ms`);
});
