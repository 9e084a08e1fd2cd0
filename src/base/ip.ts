/**
 * IP addresses as bytes: 4 or 16 of them. An IPv4 address inside IPv6
 * (::ffff:1.2.3.4, what a socket for both calls an IPv4 peer) is the IPv4
 * address it stands for. Source: RFC 4291 section 2.2 for the text that is
 * read, RFC 5952 for the one that is written.
 */

/** 4 or 16 bytes. */
export type Ip = Uint8Array;

/** Zone identifiers, ports and brackets are no part of an address. */
export function parseIp(text: string): Ip | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text);
  return bytes === undefined ? undefined : unmapped(bytes);
}

/** The canonical text; `ip` has 4 or 16 bytes. */
export function formatIp(ip: Ip): string {
  const plain = unmapped(ip);
  return plain.length === 4 ? plain.join(".") : formatIpv6(plain);
}

/** Some readers take a leading zero for octal: no number has one here. */
function parseIpv4(text: string): Ip | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  if (!parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const numbers = parts.map(Number);
  return numbers.every((one) => one <= 255)
    ? Uint8Array.from(numbers)
    : undefined;
}

/** Groups before and after "::", which stands for at least one of zeros. */
function parseIpv6(text: string): Ip | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = "", tail] = halves;
  const before = parseGroups(head, tail === undefined);
  const after = tail === undefined ? [] : parseGroups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const zeros = Array.from({ length: missing }, () => 0);
  const groups = [...before, ...zeros, ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

/** `mayEndInIpv4`: "1.2.3.4" may stand for the last two groups. */
function parseGroups(
  text: string,
  mayEndInIpv4: boolean,
): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      const isLast = index === parts.length - 1;
      const ipv4 = isLast && mayEndInIpv4 ? parseIpv4(part) : undefined;
      if (ipv4 === undefined) return undefined;
      groups.push(...groupsOf(ipv4));
    }
  }
  return groups;
}

function groupsOf(bytes: Ip): number[] {
  const groups: number[] = [];
  for (let index = 0; index < bytes.length; index += 2) {
    groups.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0));
  }
  return groups;
}

function unmapped(ip: Ip): Ip {
  const isMapped = ip.length === 16 &&
    ip.subarray(0, 10).every((byte) => byte === 0) &&
    ip[10] === 255 && ip[11] === 255;
  return isMapped ? ip.slice(12) : ip;
}

/** The first longest run of zeros, of two at least, is "::". */
function formatIpv6(ip: Ip): string {
  const groups = groupsOf(ip);
  let from = 0;
  let count = 1;
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > count) [from, count] = [start, length];
  }
  const texts = groups.map((group) => group.toString(16));
  if (count === 1) return texts.join(":");
  return `${texts.slice(0, from).join(":")}::${
    texts.slice(from + count).join(":")
  }`;
}
