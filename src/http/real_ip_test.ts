/** Who asked, from nginx's cases. */

import { assertEquals } from "@std/assert";
import {
  compileRealIp,
  isTrusted,
  realClientOf,
  type RealIpRules,
} from "./real_ip.ts";

function rulesOf(
  header: string,
  recursive = false,
  from = ["10.0.0.0/8", "2001:db8::/32"],
): RealIpRules {
  return compileRealIp({ from, header, recursive });
}

/** The address that lines of the header lead to. */
function addressOf(rules: RealIpRules, ...values: string[]): string {
  const raw = values.flatMap((value) => [rules.header.toUpperCase(), value]);
  const { address } = realClientOf(["Host", "a", ...raw], rules);
  return address === undefined ? "" : `${address.hostname} ${address.port}`;
}

Deno.test("isTrusted() knows networks and Unix sockets", () => {
  const rules = rulesOf("x-real-ip");
  const isFrom = (hostname: string): boolean =>
    isTrusted({ transport: "tcp", hostname }, rules);
  assertEquals(isFrom("10.1.2.3"), true);
  assertEquals(isFrom("::ffff:10.1.2.3"), true);
  assertEquals(isFrom("11.1.2.3"), false);
  assertEquals(isFrom("2001:db8::7"), true);
  assertEquals(isFrom("nonsense"), false);
  assertEquals(isTrusted({ transport: "unix" }, rules), false);
  const unix = rulesOf("x-real-ip", false, ["unix:"]);
  assertEquals(isTrusted({ transport: "unix" }, unix), true);
  assertEquals(isTrusted({ transport: "tcp", hostname: "::1" }, unix), false);
});

Deno.test("realClientOf() takes the last address", () => {
  for (const header of ["x-real-ip", "x-forwarded-for", "cf-connecting-ip"]) {
    const rules = rulesOf(header);
    assertEquals(addressOf(rules, "1.2.3.4"), "1.2.3.4 0");
    assertEquals(addressOf(rules, "9.9.9.9, 1.2.3.4"), "1.2.3.4 0");
    assertEquals(addressOf(rules, "9.9.9.9", "1.2.3.4:80"), "1.2.3.4 80");
    assertEquals(addressOf(rules, "9.9.9.9 1.2.3.4 , "), "1.2.3.4 0");
    assertEquals(addressOf(rules, "[2001:DB8::1]:443"), "2001:db8::1 443");
    assertEquals(addressOf(rules, "::1"), "::1 0");
    assertEquals(addressOf(rules, "1.2.3.4, 10.0.0.1"), "10.0.0.1 0");
  }
});

Deno.test("realClientOf() finds nothing in what is no address", () => {
  const wrong = ["", " ", ",", "a", "1.2.3", "1.2.3.4:99999", "[::1", "::1]"];
  wrong.push("1.2.3.4, unknown", "[1.2.3.4", "1.2.3.4:x", "1.2.3.4:");
  for (const value of wrong) {
    assertEquals(addressOf(rulesOf("x-forwarded-for"), value), "", value);
  }
  assertEquals(addressOf(rulesOf("x-forwarded-for"), "1.2.3.4", ""), "");
  assertEquals(addressOf(rulesOf("proxy_protocol"), "1.2.3.4"), "");
});

Deno.test("realClientOf() passes over trusted proxies when told to", () => {
  const rules = rulesOf("x-forwarded-for", true);
  const chain = "6.6.6.6, 1.2.3.4, 10.0.0.1, 10.0.0.2";
  assertEquals(addressOf(rules, chain), "1.2.3.4 0");
  assertEquals(addressOf(rules, "1.2.3.4, 10.0.0.1", "10.0.0.2"), "1.2.3.4 0");
  assertEquals(addressOf(rules, "10.0.0.1, 10.0.0.2"), "10.0.0.1 0");
  assertEquals(addressOf(rules, "1.2.3.4, bad, 10.0.0.2"), "10.0.0.2 0");
  assertEquals(addressOf(rules, "1.2.3.4", "", "10.0.0.2"), "10.0.0.2 0");
});

Deno.test("realClientOf() reads Forwarded", () => {
  const rules = rulesOf("forwarded", true);
  assertEquals(addressOf(rules, "for=1.2.3.4"), "1.2.3.4 0");
  assertEquals(
    addressOf(rules, 'For="[2001:db9::1]:4711";proto=https;by=10.0.0.1'),
    "2001:db9::1 4711",
  );
  assertEquals(addressOf(rules, "for=1.2.3.4, for=10.0.0.1"), "1.2.3.4 0");
  assertEquals(addressOf(rules, 'for="a,for=6.6.6.6"'), "");
  assertEquals(addressOf(rules, 'for="1.2.3.4:\\80"'), "1.2.3.4 80");
  assertEquals(addressOf(rules, "for=unknown, for=10.0.0.1"), "10.0.0.1 0");
  assertEquals(addressOf(rules, "for=1.2.3.4, by=x"), "");
  const broken = ["for=1.2.3.4 x", 'for="1.2.3.4', "=;", "for=1.2.3.4, @"];
  for (const value of broken) assertEquals(addressOf(rules, value), "", value);
});

Deno.test("realClientOf() takes the last X-Forwarded-Proto", () => {
  const schemeOf = (...values: string[]): string | undefined => {
    const raw = values.flatMap((value) => ["X-Forwarded-Proto", value]);
    return realClientOf(raw, rulesOf("x-real-ip")).scheme;
  };
  assertEquals(schemeOf("https"), "https");
  assertEquals(schemeOf("HTTP"), "http");
  assertEquals(schemeOf("https, http"), "http");
  assertEquals(schemeOf("http", "https"), "https");
  assertEquals(schemeOf("ftp"), undefined);
  assertEquals(schemeOf("https", ""), undefined);
  assertEquals(schemeOf(), undefined);
});
