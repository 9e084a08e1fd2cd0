/** Which addresses are in a network. */

import { assert, assertEquals } from "@std/assert";
import { isInCidr, parseCidr } from "./cidr.ts";
import { parseIp } from "./ip.ts";

function isIn(address: string, network: string): boolean {
  const ip = parseIp(address);
  const cidr = parseCidr(network);
  assert(ip !== undefined && cidr !== undefined);
  return isInCidr(ip, cidr);
}

Deno.test("isInCidr() compares the first bits", () => {
  assert(isIn("10.255.0.1", "10.0.0.0/8"));
  assert(!isIn("11.0.0.1", "10.0.0.0/8"));
  assert(isIn("192.168.1.127", "192.168.1.0/25"));
  assert(!isIn("192.168.1.128", "192.168.1.0/25"));
  assert(isIn("1.2.3.4", "0.0.0.0/0"));
  assert(isIn("1.2.3.4", "1.2.3.4"));
  assert(!isIn("1.2.3.5", "1.2.3.4/32"));
  assert(isIn("2001:db8::1", "2001:db8::/32"));
  assert(!isIn("2001:db9::1", "2001:db8::/32"));
});

Deno.test("isInCidr() keeps the families apart, but for mapped ones", () => {
  assert(!isIn("1.2.3.4", "::/0"));
  assert(!isIn("::1", "0.0.0.0/0"));
  assert(isIn("::ffff:10.0.0.1", "10.0.0.0/8"));
  assert(isIn("10.0.0.1", "::ffff:10.0.0.0/104"));
});

Deno.test("parseCidr() takes no other text", () => {
  const wrong = ["", "/", "a/8", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1"];
  wrong.push("1.2.3.4/08", "::/129", "1.2.3.4/8/8", "1.2.3.4 /8", "unix:");
  wrong.push("::ffff:1.2.3.4/8");
  for (const text of wrong) assertEquals(parseCidr(text), undefined, text);
});
