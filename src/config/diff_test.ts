/** What a reload changes about listeners; the law is in tests/property. */

import { assertEquals } from "@std/assert";
import type { Config, ListenConfig } from "./config.ts";
import { diffListeners } from "./diff.ts";

function tcp(port: number, backlog = 511): ListenConfig {
  return {
    address: `127.0.0.1:${port}`,
    target: {
      kind: "tcp",
      family: 4,
      host: "127.0.0.1",
      port,
      ipv6Only: false,
      reuseport: true,
    },
    backlog,
  };
}

function unix(mode: number): ListenConfig {
  return {
    address: "unix:/x",
    target: { kind: "unix", path: "/x", mode, owner: undefined },
    backlog: 511,
  };
}

/** The diff looks at nothing but the listeners. */
function config(...pools: readonly ListenConfig[][]): Pick<Config, "pools"> {
  return {
    pools: pools.map((listen) => ({ listen })),
  } as unknown as Pick<Config, "pools">;
}

Deno.test("diffListeners() opens, keeps and closes by address", () => {
  assertEquals(
    diffListeners(config([tcp(1), tcp(2)]), config([tcp(2), tcp(3)])),
    { opened: [tcp(3)], kept: [tcp(2)], closed: [tcp(1)] },
  );
});

Deno.test("diffListeners() keeps a listener that moves to another pool", () => {
  assertEquals(diffListeners(config([tcp(1)], []), config([], [tcp(1)])), {
    opened: [],
    kept: [tcp(1)],
    closed: [],
  });
});

Deno.test("diffListeners() takes changed options for another listener", () => {
  assertEquals(diffListeners(config([tcp(1)]), config([tcp(1, 9)])), {
    opened: [tcp(1, 9)],
    kept: [],
    closed: [tcp(1)],
  });
  assertEquals(
    diffListeners(config([unix(0o600)]), config([unix(0o660)])).opened,
    [unix(0o660)],
  );
});
