/** The defaults are what an operator could have written. */

import { assertEquals } from "@std/assert";
import { checkSettings } from "./check.ts";
import { DEFAULTS } from "./default.ts";

Deno.test("DEFAULTS are valid as written", () => {
  const { backlog, mode, listen, static: site, ...others } = DEFAULTS;
  const { response_cache, ...rest } = others;
  const unix = { address: "unix:/x", backlog, mode };
  assertEquals(
    checkSettings({
      ...rest,
      listen: [listen, unix],
      static: { root: ".", ...site },
      response_cache: { zone: "web", ...response_cache },
    }).problems,
    [],
  );
});
