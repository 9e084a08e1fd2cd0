/** Addresses from text and back, beside what the URL parser makes of them. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIp, parseIp } from "./ip.ts";

Deno.test("parseIp() reads what is an address", () => {
  assertEquals(parseIp("127.0.0.1"), Uint8Array.of(127, 0, 0, 1));
  assertEquals(parseIp("::1")?.at(15), 1);
  assertEquals(parseIp("1:2:3:4:5:6:1.2.3.4")?.slice(12).join(), "1,2,3,4");
  assertEquals(parseIp("::ffff:1.2.3.4"), Uint8Array.of(1, 2, 3, 4));
  assertEquals(parseIp("::FFFF:102:304"), Uint8Array.of(1, 2, 3, 4));
});

Deno.test("parseIp() takes nothing else", () => {
  const wrong = "|1|1.2.3|1.2.3.4.5|01.2.3.4|1.2.3.256|1.2.3.-4|1.2.3.4 |a|" +
    ":|:::|1::2::3|1:2:3:4:5:6:7|1:2:3:4:5:6:7:8:9|1:2:3:4:5:6:7::8|::12345|" +
    "::g|[::1]|::1%lo|1.2.3.4::|::1.2.3.4:5|::1.2.3|1:2:3:4:5:6:7:1.2.3.4";
  for (const text of wrong.split("|")) {
    assertEquals(parseIp(text), undefined, text);
  }
});

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
