/** Addresses. nginx: src/core/ngx_inet.c, ngx_parse_url. */

import { assertEquals } from "@std/assert";
import { toGid, toUid } from "../base/id.ts";
import { success } from "../base/system_error.ts";
import { parseAddress, parseListen } from "./listen.ts";
import type { Listen } from "./listen.ts";
import type { ListenSettings } from "./schema.ts";
import { noCertificate } from "../../tests/support/config.ts";

const FORMS =
  '"address:port", "[IPv6 address]:port", "*:port", "port" or "unix:/path"';

function listen(entry: string | ListenSettings): Listen {
  return parseListen(entry, {
    prefix: "/srv",
    accounts: {
      lookUpUser: (name) =>
        success(
          name === "www" ? { name, uid: toUid(33), gid: toGid(33) } : undefined,
        ),
      lookUpGroup: () => success(undefined),
    },
    readCertificate: noCertificate,
    path: ["listen"],
  });
}

Deno.test("parseAddress() makes one text of every spelling", () => {
  const addresses: readonly [string, string][] = [
    ["127.0.0.1:8080", "127.0.0.1:8080"],
    ["8080", "0.0.0.0:8080"],
    ["*:8080", "0.0.0.0:8080"],
    ["0.0.0.0:080", "0.0.0.0:80"],
    ["localhost:80", "127.0.0.1:80"],
    ["127.0.0.1:0", "127.0.0.1:0"],
    ["[::]:80", "[::]:80"],
    ["[::1]:65535", "[::1]:65535"],
    ["[0:0:0:0:0:0:0:1]:80", "[::1]:80"],
    ["[2001:DB8::1]:80", "[2001:db8::1]:80"],
    ["unix:/run/x.sock", "unix:/run/x.sock"],
    ["unix:run/../x.sock", "unix:/srv/x.sock"],
  ];
  for (const [text, wanted] of addresses) {
    const address = parseAddress(text, "/srv");
    assertEquals(address.ok && address.text, wanted, text);
  }
});

Deno.test("parseAddress() says what it expects instead", () => {
  const addresses: readonly [string, string][] = [
    [":8080", FORMS],
    ["", FORMS],
    ["127.0.0.1", FORMS],
    ["127.0.0.1:", FORMS],
    ["127.0.0.1:http", FORMS],
    ["127.0.0.1:-1", FORMS],
    ["127.0.0.256:80", FORMS],
    ["127.0.0.01:80", FORMS],
    ["127.1:80", FORMS],
    ["::1:80", FORMS],
    ["[::1:80", FORMS],
    ["[]:80", FORMS],
    ["[::g]:80", FORMS],
    ["[1.2.3.4]:80", FORMS],
    ["[fe80::1%eth0]:80", FORMS],
    ["tcp://1.2.3.4:80", FORMS],
    ["127.0.0.1:65536", "a port from 0 to 65535"],
    ["65536", "a port from 0 to 65535"],
    ["example.com:80", 'a numeric address, as in "127.0.0.1:80"'],
    ["my_host:8080", 'a numeric address, as in "127.0.0.1:8080"'],
    ["unix:", "a path after unix:"],
    [`unix:/${"x".repeat(107)}`, "a path of at most 107 bytes"],
  ];
  for (const [text, expected] of addresses) {
    const address = parseAddress(text, "/srv");
    assertEquals(address.ok ? "" : address.expected, expected, text);
  }
});

Deno.test("parseAddress() counts a Unix path in bytes, prefix included", () => {
  assertEquals(parseAddress(`unix:/${"x".repeat(106)}`, "/srv").ok, true);
  assertEquals(parseAddress(`unix:/${"ü".repeat(53)}`, "/srv").ok, true);
  assertEquals(parseAddress(`unix:/${"ü".repeat(54)}`, "/srv").ok, false);
  assertEquals(parseAddress(`unix:${"x".repeat(103)}`, "/srv").ok, false);
});

Deno.test("parseListen() fills in nginx's defaults", () => {
  assertEquals(listen("8080"), {
    ok: true,
    warnings: [],
    listen: {
      address: "0.0.0.0:8080",
      target: {
        kind: "tcp",
        family: 4,
        host: "0.0.0.0",
        port: 8080,
        ipv6Only: false,
        reuseport: true,
      },
      backlog: 511,
    },
  });
  assertEquals(listen("unix:x.sock"), {
    ok: true,
    warnings: [],
    listen: {
      address: "unix:/srv/x.sock",
      target: {
        kind: "unix",
        path: "/srv/x.sock",
        mode: 0o666,
        owner: undefined,
      },
      backlog: 511,
    },
  });
});

Deno.test("parseListen() refuses proxy_protocol before TLS", () => {
  const tls = { certificate: "/a.pem", key: "/a.key" };
  const parsed = listen({ address: "[::]:443", proxy_protocol: true, tls });
  assertEquals(parsed.ok, false);
  const wrong = parsed.ok ? [] : parsed.problems.map(({ path }) => path);
  assertEquals(wrong.some((path) => path?.at(-1) === "proxy_protocol"), true);
});

Deno.test("parseListen() takes proxy_protocol everywhere", () => {
  for (const address of ["127.0.0.1:80", "[::]:80", "unix:/x"]) {
    for (const asked of [true, false]) {
      const parsed = listen({ address, proxy_protocol: asked });
      const found = parsed.ok && parsed.listen.proxyProtocol;
      assertEquals(found, asked || undefined);
    }
  }
});

Deno.test("parseListen() takes every option where it belongs", () => {
  assertEquals(
    listen({
      address: "[::]:80",
      backlog: 9,
      reuseport: false,
      ipv6only: false,
    }),
    {
      ok: true,
      warnings: [],
      listen: {
        address: "[::]:80",
        target: {
          kind: "tcp",
          family: 6,
          host: "::",
          port: 80,
          ipv6Only: false,
          reuseport: false,
        },
        backlog: 9,
      },
    },
  );
  assertEquals(listen({ address: "unix:/x", mode: "0600", owner: "www" }), {
    ok: true,
    warnings: [],
    listen: {
      address: "unix:/x",
      target: {
        kind: "unix",
        path: "/x",
        mode: 0o600,
        owner: { name: "www", uid: toUid(33), gid: toGid(33) },
      },
      backlog: 511,
    },
  });
});

Deno.test("parseListen() refuses options that mean nothing there", () => {
  const wrongs = (entry: ListenSettings) => {
    const result = listen(entry);
    return result.ok ? [] : result.problems.map((one) => [one.path, one.wrong]);
  };
  assertEquals(wrongs({ address: "80", mode: "0600", ipv6only: true }), [
    [["listen", "ipv6only"], 'is not supported on the address "0.0.0.0:80"'],
    [["listen", "mode"], 'is not supported on the address "0.0.0.0:80"'],
  ]);
  assertEquals(wrongs({ address: "unix:/x", reuseport: true }), [
    [["listen", "reuseport"], 'is not supported on the address "unix:/x"'],
  ]);
  assertEquals(wrongs({ address: "unix:/x", owner: "nosuch" }), [
    [["listen", "owner"], 'getpwnam("nosuch") failed'],
  ]);
  assertEquals(wrongs({ address: "x" }), [
    [["listen", "address"], 'got "x"'],
  ]);
});
