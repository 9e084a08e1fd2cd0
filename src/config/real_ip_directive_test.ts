/** The shapes of the directives about trusted proxies. */

// nginx's directive names are snake_case.
// deno-lint-ignore-file camelcase

import { assertEquals } from "@std/assert";
import * as v from "valibot";
import { realIpDirectives } from "./real_ip_directive.ts";

const TABLE: {
  readonly [Name in keyof typeof realIpDirectives]: readonly [
    unknown[],
    unknown[],
  ];
} = {
  set_real_ip_from: [
    ["10.0.0.0/8", "unix:", "::1", ["10.0.0.1", "unix:"]],
    ["", "proxy.example", "10.0.0.0/33", [], ["x"], true, "unix:/x"],
  ],
  real_ip_header: [
    ["X-Forwarded-For", "proxy_protocol", "forwarded"],
    ["", "a b", "a:", "ä", 1],
  ],
  real_ip_recursive: [[true, false], ["on", 1]],
};

for (const [name, schema] of Object.entries(realIpDirectives)) {
  Deno.test(`${name} takes what it can mean`, () => {
    const [good, bad] = TABLE[name as keyof typeof TABLE];
    const takes = (value: unknown): boolean =>
      v.safeParse(schema, value).success;
    for (const value of good) assertEquals(takes(value), true, String(value));
    for (const value of bad) assertEquals(takes(value), false, String(value));
  });
}
