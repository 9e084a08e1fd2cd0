/** What a pool serves: the nearest of what is written, and only one. */

import { assertEquals } from "@std/assert";
import type { Problem } from "./error.ts";
import type { PoolSettings, Settings } from "./schema.ts";
import { type Served, servedOf } from "./serve.ts";

interface Outcome {
  readonly served: Served;
  readonly said: readonly unknown[];
}

function serve(
  pool: PoolSettings,
  top: Settings = {},
  { app, appRequired = true }: {
    readonly app?: string;
    readonly appRequired?: boolean;
  } = {},
): Outcome {
  const problems: Problem[] = [];
  const served = servedOf("web", {
    settings: { ...top, pools: { web: pool } },
    pool,
    origin: { prefix: "/srv", app, appRequired },
    machine: {
      appProblem: (path) => path.endsWith(".ts") ? undefined : "no app",
      folderProblem: (path) => path.endsWith("site") ? undefined : "no folder",
      isFolder: (path) => !path.endsWith(".ts"),
    },
    found: { problems },
  });
  const said = problems.map(({ path, wrong }) => [path?.join("."), wrong]);
  return { served, said };
}

/** The app, or the root with a slash. */
function told(...given: Parameters<typeof serve>): string {
  const { served, said } = serve(...given);
  assertEquals(said, []);
  return served.static === undefined ? served.app : `${served.static.root}/`;
}

Deno.test("servedOf() takes the nearest", () => {
  const argument = { app: "/cwd/c.ts" };
  assertEquals(told({ app: "a.ts" }, { static: "site" }), "/srv/a.ts");
  assertEquals(told({ static: "site" }, { app: "b.ts" }), "/srv/site/");
  assertEquals(told({}, { static: { root: "/x/site" } }), "/x/site/");
  assertEquals(told({}, { app: "b.ts" }, argument), "/srv/b.ts");
  assertEquals(told({}, {}, argument), "/cwd/c.ts");
  assertEquals(told({}, {}, { app: "/cwd/site" }), "/cwd/site/");
  assertEquals(told({}, {}, { appRequired: false }), "");
});

Deno.test("servedOf() says what is wrong, and where", () => {
  const both = '"static" and "app" exclude each other';
  const cases: readonly (readonly [Parameters<typeof serve>, unknown])[] = [
    [[{ app: "a.ts", static: "site" }], ["pools.web.static", both]],
    [[{}, { app: "a.ts", static: "site" }], ["static", both]],
    [[{ app: "a" }], ["pools.web.app", "no app"]],
    [[{ static: "x" }], ["pools.web.static", "no folder"]],
    [[{}, { static: { root: "x" } }], ["static.root", "no folder"]],
    [[{}, {}, { app: "/x" }], [undefined, "no folder"]],
    [[{}], ["pools.web", 'pool "web" has no app: set "app" or "static"']],
  ];
  for (const [given, problem] of cases) {
    assertEquals(serve(...given).said, [problem]);
  }
});
