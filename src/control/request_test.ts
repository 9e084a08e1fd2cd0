/** Round trips, garbage, and that any chunking gives the same lines. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createPrng } from "../base/prng.ts";
import { toBytes } from "../base/unit.ts";
import type { ControlAnswer } from "./request.ts";
import {
  CONTROL_LINE_BYTES_MAX,
  createLineReader,
  encodeAnswer,
  encodeRequest,
  parseAnswer,
  parseRequest,
} from "./request.ts";

const GARBAGE = [
  "",
  " ",
  "reload",
  "null",
  "[]",
  "1",
  '"request"',
  "{",
  "{}",
  '{"kind":"request"}',
  '{"kind":"request","request":"update"}',
  '{"kind":"request","request":["reload"]}',
  '{"kind":"request","request":null}',
  '{"kind":"Request","request":"reload"}',
  '{"request":"reload"}',
  '{"kind":"outcome"}',
  '{"kind":"outcome","ok":"true","text":""}',
  '{"kind":"outcome","ok":true,"text":1}',
  '{"kind":"outcome","ok":true}',
  '{"ok":true,"text":""}',
  '{"__proto__":{"kind":"accepted"}}',
  '{"kind":"request","request":"constructor"}',
  "\u0000",
];

const REQUESTS = [
  "reload",
  "quit",
  "terminate",
  "reopen",
  "upgrade",
] as const;

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("parseRequest() reads what encodeRequest() wrote", () => {
  assertEquals(
    encodeRequest("reload"),
    '{"kind":"request","request":"reload"}\n',
  );
  for (const request of REQUESTS) {
    const line = encodeRequest(request);
    assertEquals(parseRequest(line), { ok: true, value: request });
  }
});

Deno.test("parseAnswer() reads what encodeAnswer() wrote", () => {
  assertEquals(encodeAnswer({ kind: "accepted" }), '{"kind":"accepted"}\n');
  assertEquals(
    encodeAnswer({ kind: "outcome", ok: true, text: "done" }),
    '{"kind":"outcome","ok":true,"text":"done"}\n',
  );
  const texts = ["", "done", 'a "b"\n\\ c\u0000', "äöü 🦕", "x".repeat(4000)];
  const answers: readonly ControlAnswer[] = [
    { kind: "accepted" },
    ...texts.flatMap((text) =>
      [true, false].map((ok) => ({ kind: "outcome" as const, ok, text }))
    ),
  ];
  for (const answer of answers) {
    const line = encodeAnswer(answer);
    assertEquals(line.indexOf("\n"), line.length - 1);
    assertEquals(parseAnswer(line), { ok: true, value: answer });
  }
});

Deno.test("encodeAnswer() cuts a text that would not fit", () => {
  for (const unit of ["x", "ä", "🦕", "\u0001", '"', "\ud800"]) {
    const text = unit.repeat(9000);
    const line = encodeAnswer({ kind: "outcome", ok: false, text });
    const size = bytesOf(line).length;
    assert(size <= CONTROL_LINE_BYTES_MAX, `${size}`);
    assert(size > CONTROL_LINE_BYTES_MAX * 0.7, `${size}`);
    const { lines } = createLineReader(CONTROL_LINE_BYTES_MAX)
      .push(bytesOf(line));
    const parsed = parseAnswer(lines[0] ?? "");
    assert(parsed.ok && parsed.value.kind === "outcome");
    assertMatch(parsed.value.text, /…$/);
    assert(parsed.value.text.isWellFormed());
  }
});

Deno.test("encodeAnswer() keeps a text that just fits", () => {
  const frame = encodeAnswer({ kind: "outcome", ok: true, text: "" });
  const room = CONTROL_LINE_BYTES_MAX - frame.length;
  const fitting = {
    kind: "outcome",
    ok: true,
    text: "x".repeat(room),
  } as const;
  assertEquals(encodeAnswer(fitting).length, +CONTROL_LINE_BYTES_MAX);
  const longer = { ...fitting, text: `${fitting.text}x` };
  assertMatch(encodeAnswer(longer), /x…"}\n$/);
});

Deno.test("parseRequest() and parseAnswer() make garbage a value", () => {
  for (const line of GARBAGE) {
    assertEquals(parseRequest(line), { ok: false, reason: "not a request" });
    assertEquals(parseAnswer(line), { ok: false, reason: "not an answer" });
  }
  for (const request of REQUESTS) {
    assert(!parseAnswer(encodeRequest(request)).ok);
  }
  assert(!parseRequest(encodeAnswer({ kind: "accepted" })).ok);
});

Deno.test("parseAnswer() hands on nothing but what it knows", () => {
  const line = '{"kind":"outcome","ok":true,"text":"a","more":1}';
  const value = { kind: "outcome", ok: true, text: "a" } as const;
  assertEquals(parseAnswer(line), { ok: true, value });
});

/** What comes out when the bytes go in by pieces ending at `cuts`. */
function readIn(
  bytes: Uint8Array,
  cuts: readonly number[],
): { readonly lines: readonly string[]; readonly isBroken: boolean } {
  const reader = createLineReader(toBytes(9));
  const lines: string[] = [];
  let isBroken = false;
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const given = reader.push(bytes.slice(from, cut));
    lines.push(...given.lines);
    isBroken = given.isBroken;
    from = cut;
  }
  return { lines, isBroken };
}

Deno.test("createLineReader() gives the same lines however they come", () => {
  const prng = createPrng(17);
  const parts = ["", "a", "ä", "🦕", "\n", "\n", "12345678", "\r", "{}"];
  let broken = 0;
  for (let run = 0; run < 3000; run++) {
    const count = 1 + prng.int(12);
    const text = Array.from({ length: count }, () => prng.pick(parts)).join("");
    const bytes = bytesOf(text);
    const whole = readIn(bytes, []);
    const each = readIn(bytes, Array.from(bytes.keys()));
    const cuts = Array.from({ length: 4 }, () => prng.int(bytes.length + 1));
    const some = readIn(bytes, cuts.sort((left, right) => left - right));
    assertEquals(each, whole, text);
    assertEquals(some, whole, text);
    if (whole.isBroken) broken += 1;
    else assertEquals(whole.lines, text.split("\n").slice(0, -1));
  }
  assert(broken > 300 && broken < 2700, `${broken}`);
});

Deno.test("createLineReader() takes a line of just the limit", () => {
  assertEquals(readIn(bytesOf("12345678\n"), []), {
    lines: ["12345678"],
    isBroken: false,
  });
  assertEquals(readIn(bytesOf("12345678"), []), { lines: [], isBroken: false });
  for (const text of ["123456789", "123456789\n"]) {
    assertEquals(readIn(bytesOf(text), []), { lines: [], isBroken: true });
  }
});

Deno.test("createLineReader() takes what the encoders write at most", () => {
  const text = "x".repeat(9000);
  const line = encodeAnswer({ kind: "outcome", ok: true, text });
  const reader = createLineReader(CONTROL_LINE_BYTES_MAX);
  assert(!reader.push(bytesOf(line)).isBroken);
});

Deno.test("createLineReader() stays broken, and keeps what came before", () => {
  assertEquals(readIn(bytesOf("a\n123456789\nb\n"), [2, 5]), {
    lines: ["a"],
    isBroken: true,
  });
});

Deno.test("createLineReader() does not mind what is no UTF-8", () => {
  const bytes = new Uint8Array([0xff, 0xc3, 0x0a, 0xa4, 0x0a]);
  const { lines, isBroken } = readIn(bytes, [1]);
  assertEquals([lines, isBroken], [["\ufffd\ufffd", "\ufffd"], false]);
});

Deno.test("createLineReader() keeps its own copy of what it was given", () => {
  const reader = createLineReader(toBytes(9));
  const chunk = bytesOf("abc");
  reader.push(chunk);
  chunk.fill(0x78);
  assertEquals(reader.push(bytesOf("\n")).lines, ["abc"]);
});
