/** Networks: an address and how many of its first bits count. RFC 4632. */

import { type Ip, parseIp } from "./ip.ts";

/** The addresses that begin with the same `bits` bits. */
export interface Cidr {
  readonly ip: Ip;
  readonly bits: number;
}

/** "10.0.0.0/8", "2001:db8::/32"; an address alone is a network of one. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", length, ...more] = text.split("/");
  const ip = parseIp(address);
  if (ip === undefined || more.length > 0) return undefined;
  const bitsMax = ip.length * 8;
  if (length === undefined) return { ip, bits: bitsMax };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined;
  // The length of an IPv4 network that was written as IPv6 counts from there.
  const isMapped = ip.length === 4 && address.includes(":");
  const bits = Number(length) - (isMapped ? 96 : 0);
  return bits < 0 || bits > bitsMax ? undefined : { ip, bits };
}

/** Whether `ip` is in the network; IPv4 is never in IPv6. */
export function isInCidr(ip: Ip, { ip: network, bits }: Cidr): boolean {
  if (ip.length !== network.length) return false;
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) {
    if (ip[index] !== network[index]) return false;
  }
  const rest = 8 - (bits & 7);
  if (rest === 8) return true;
  return (ip[whole] ?? 0) >> rest === (network[whole] ?? 0) >> rest;
}
