/** Round trip, and that nothing but an inheritance is one. */

import { assert, assertEquals } from "@std/assert";
import type { Inheritance } from "./inheritance.ts";
import {
  encodeInheritance,
  formatSockets,
  parseInheritance,
} from "./inheritance.ts";

const SOME: Inheritance = {
  master: 4711,
  pidFile: { path: "/run/procmgr.pid", fd: 64 },
  groups: [
    {
      address: "127.0.0.1:0",
      bound: "127.0.0.1:34567",
      ipv6Only: false,
      accepting: [0, 1],
      sockets: [{ fd: 65, ordinal: 0 }, { fd: 66, ordinal: 1 }],
    },
    {
      address: "unix:/run/x.sock",
      bound: "unix:/run/x.sock",
      ipv6Only: false,
      accepting: null,
      sockets: [{ fd: 67, ordinal: null }],
    },
  ],
};

Deno.test("parseInheritance() reads what encodeInheritance() wrote", () => {
  for (const value of [SOME, { master: 1, pidFile: null, groups: [] }]) {
    assertEquals(parseInheritance(encodeInheritance(value)), {
      ok: true,
      value,
    });
  }
});

Deno.test("parseInheritance() makes garbage a value", () => {
  const [group] = SOME.groups;
  const texts = [
    "",
    "4;5;",
    "null",
    "[]",
    "{}",
    ...[
      { ...SOME, master: -1 },
      { ...SOME, master: "1" },
      { ...SOME, pidFile: { path: 1, fd: 64 } },
      { ...SOME, pidFile: {} },
      { ...SOME, groups: {} },
      { ...SOME, groups: [[]] },
      { ...SOME, groups: [{ ...group, address: 1 }] },
      { ...SOME, groups: [{ ...group, accepting: ["0"] }] },
      { ...SOME, groups: [{ ...group, sockets: [{ fd: 1.5, ordinal: 0 }] }] },
      { ...SOME, groups: [{ ...group, sockets: [{ fd: 5 }] }] },
    ].map((value) => JSON.stringify(value)),
  ];
  for (const text of texts) assert(!parseInheritance(text).ok, text);
});

Deno.test("formatSockets() lists the numbers as nginx does", () => {
  assertEquals(formatSockets(SOME), "65;66;67;");
});
