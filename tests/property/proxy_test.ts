/** What proxies say, at random: no lie is believed and nothing throws. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseProxyHeader } from "../../src/http/proxy_protocol.ts";
import {
  compileRealIp,
  realClientOf,
  type RealIpRules,
} from "../../src/http/real_ip.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function rulesOf(header: string, recursive: boolean): RealIpRules {
  return compileRealIp({ from: ["10.0.0.0/8"], header, recursive });
}

/** The address that lines of the header lead to. */
function addressOf(rules: RealIpRules, ...values: string[]): string {
  const raw = values.flatMap((value) => [rules.header, value]);
  const { address } = realClientOf(raw, rules);
  return address === undefined ? "" : `${address.hostname} ${address.port}`;
}

Deno.test("parseProxyHeader() decides about anything in bounds", () => {
  const start = fc.constantFrom("", "PROXY ", "PROXY TCP4 1.", SIGNATURE);
  const rest = fc.uint8Array({ maxLength: 5000 });
  fc.assert(fc.property(start, rest, (text, more) => {
    const buffer = Uint8Array.from([...bytesOf(text), ...more]);
    const header = parseProxyHeader(buffer);
    // A connection never has to keep more than the longest header.
    if (buffer.length >= 4096) assert(header.kind !== "needMore");
    if (header.kind === "done") assert(header.bytes <= buffer.length);
  }));
});
Deno.test("nobody behind an untrusted address is ever believed", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const trusted = octet.map((last) => `10.0.0.${last}`);
  const stranger = octet.map((last) => `192.0.2.${last}`);
  const made = fc.array(fc.oneof(trusted, stranger, fc.string()));
  const proxies = fc.array(trusted, { maxLength: 5 });
  fc.assert(fc.property(made, stranger, proxies, (lies, client, hops) => {
    const rules = rulesOf("x-forwarded-for", true);
    const honest = [client, ...hops].join(", ");
    assertEquals(addressOf(rules, lies.join(","), honest), `${client} 0`);
    const line = [...lies, honest].join(", ");
    assertEquals(addressOf(rules, line), `${client} 0`);
  }));
});

Deno.test("realClientOf() never throws", () => {
  const name = fc.constantFrom("Forwarded", "X-Forwarded-For", "x");
  const value = fc.string({ unit: fc.constantFrom(...'for=10.2:[]",;\\ %') });
  const lines = fc.array(fc.tuple(name, value));
  fc.assert(fc.property(lines, fc.boolean(), (some, recursive) => {
    for (const header of ["forwarded", "x-forwarded-for"]) {
      realClientOf(some.flat(), rulesOf(header, recursive));
    }
  }));
});
