/** Addresses from text. What is random is in tests/property/ip_test.ts. */

import { assertEquals } from "@std/assert";
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

Deno.test("formatIp() writes the canonical text", () => {
  const texts = ["1.2.3.4", "::", "::1", "1::", "2001:db8::1", "1:0:0:2::3"];
  for (const text of texts) {
    assertEquals(formatIp(parseIp(text) ?? new Uint8Array(4)), text);
  }
  const long = parseIp("2001:0DB8:0:0:1:0:0:1") ?? new Uint8Array(4);
  assertEquals(formatIp(long), "2001:db8::1:0:0:1");
  assertEquals(formatIp(parseIp("1:0:2:3:4:5:6:7") ?? long), "1:0:2:3:4:5:6:7");
});
