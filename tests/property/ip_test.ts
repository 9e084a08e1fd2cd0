/** Addresses and networks, beside the URL parser and counting bits. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isInCidr, parseCidr } from "../../src/base/cidr.ts";
import { formatIp, parseIp } from "../../src/base/ip.ts";

function isIn(address: string, network: string): boolean {
  const ip = parseIp(address);
  const cidr = parseCidr(network);
  assert(ip !== undefined && cidr !== undefined);
  return isInCidr(ip, cidr);
}

Deno.test("formatIp() is read back, and is what a URL says", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // With runs of zeros, which random bytes have not.
    fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 16, maxLength: 16 })
      .map((some) => Uint8Array.from(some)),
  );
  fc.assert(fc.property(bytes, (ip) => {
    const text = formatIp(ip);
    const read = parseIp(text);
    assertEquals(read, parseIp(formatIp(read ?? ip)));
    assertEquals(formatIp(read ?? ip), text);
    if (ip.length === 16 && text.includes(":")) {
      const url = new URL(`http://[${text}]/`);
      assertEquals(url.hostname, `[${text}]`);
      assertEquals(read, ip);
    }
  }));
});

Deno.test("parseIp() never throws", () => {
  const text = fc.string({
    unit: fc.constantFrom(..."0123af.:"),
    maxLength: 40,
  });
  fc.assert(fc.property(text, (one) => {
    const url = URL.parse(`http://[${one}]/`);
    const ip = parseIp(one);
    if (one.includes(":")) assertEquals(ip !== undefined, url !== null, one);
  }));
});
Deno.test("isInCidr() is the comparison of bits", () => {
  const ip = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const length = fc.integer({ min: 0, max: 32 });
  fc.assert(fc.property(ip, ip, length, (one, other, bits) => {
    const near = one.map((byte, at) => at < bits >> 3 ? byte : other[at] ?? 0);
    const expected = bitsOf(near).slice(0, bits) === bitsOf(one).slice(0, bits);
    assertEquals(isIn(formatIp(near), `${formatIp(one)}/${bits}`), expected);
  }));
});

function bitsOf(bytes: Uint8Array): string {
  return [...bytes].map((one) => one.toString(2).padStart(8, "0")).join("");
}
