/** Lines of the access log, and what no client can do to them. */

import { assert, assertEquals } from "@std/assert";
import type { Escaping } from "./access.ts";
import { compileFormat, NAMED_FORMATS, variableNames } from "./access.ts";
import type { AccessRecord } from "./access_record.ts";

const PLACE = { pid: 4711, hostname: "web1", offsetMinutes: 60 };

const RECORD: AccessRecord = {
  timeMs: Date.UTC(2026, 10, 24, 1, 19, 7, 123),
  durationMs: 5.4,
  remoteAddress: "192.0.2.1",
  remotePort: 5000,
  peerAddress: "10.0.0.1",
  peerPort: 6000,
  serverAddress: "127.0.0.1",
  serverPort: 8080,
  method: "GET",
  target: "/a/../b%20c/?x=1&y=%41",
  protocol: "HTTP/1.1",
  scheme: "http",
  status: 200,
  bytesSent: 321,
  bodyBytesSent: 123,
  requestLength: 77,
  requestHeaders: [
    ...["Host", "Example.COM:8080", "User-Agent", "curl/8"],
    ...["Cookie", "a=1; sid=abc=", "Cookie", "b=2"],
    ...["X-Two", "1", "x-two", "2"],
    ...["Authorization", `Basic ${btoa("joe:pa:ss")}`],
  ],
  responseHeaders: ["content-type", "text/plain"],
  connection: 12,
  connectionRequests: 3,
  isComplete: true,
  tlsProtocol: "",
  tlsCipher: "",
  tlsServerName: "",
  tlsAlpn: "",
};

function line(
  format: string,
  more: Partial<AccessRecord> = {},
  escaping: Escaping = "default",
): string {
  const compiled = compileFormat(format, escaping);
  assert(compiled.ok, format);
  const text = compiled.format({ ...RECORD, ...more }, PLACE);
  assert(text.endsWith("\n"));
  return text.slice(0, -1);
}

Deno.test("combined is nginx's", () => {
  assertEquals(
    line("combined"),
    '192.0.2.1 - joe [24/Nov/2026:02:19:07 +0100] "GET /a/../b%20c/?x=1&y=%41' +
      ' HTTP/1.1" 200 123 "-" "curl/8"',
  );
});

Deno.test("json is one object with numbers that are numbers", () => {
  assertEquals(JSON.parse(line("json")), {
    time: "2026-11-24T01:19:07.123Z",
    remote_addr: "192.0.2.1",
    remote_user: "joe",
    method: "GET",
    uri: "/a/../b%20c/?x=1&y=%41",
    protocol: "HTTP/1.1",
    scheme: "http",
    host: "example.com",
    status: 200,
    body_bytes_sent: 123,
    bytes_sent: 321,
    request_length: 77,
    request_time: 0.005,
    referer: "",
    user_agent: "curl/8",
    connection: 12,
    connection_requests: 3,
    pid: 4711,
  });
});

Deno.test("every variable has nginx's value", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["$arg_x,$arg_y,$arg_z", "1,%41,-"],
    ["$args", "x=1&y=%41"],
    ["$query_string", "x=1&y=%41"],
    ["$is_args", "?"],
    ["$body_bytes_sent $bytes_sent $request_length", "123 321 77"],
    ["$connection $connection_requests", "12 3"],
    ["$content_type $content_length", "- -"],
    ["$cookie_sid,$cookie_b,$cookie_none", "abc=,2,-"],
    ["$uri $document_uri", "/b c/ /b c/"],
    ["$request_uri", "/a/../b%20c/?x=1&y=%41"],
    ["$host $hostname", "example.com web1"],
    ["$http_host $http_x_two", "Example.COM:8080 1, 2"],
    ["$http_cookie", "a=1; sid=abc=; b=2"],
    ["$sent_http_content_type $sent_http_none", "text/plain -"],
    ["$https $scheme", "- http"],
    ["$msec", "1795483147.123"],
    ["$pid", "4711"],
    ["$realip_remote_addr:$realip_remote_port", "10.0.0.1:6000"],
    ["$remote_addr:$remote_port", "192.0.2.1:5000"],
    ["$server_addr:$server_port", "127.0.0.1:8080"],
    ["$remote_user", "joe"],
    ["$request_completion", "OK"],
    ["$request_method $server_protocol $status", "GET HTTP/1.1 200"],
    ["$request_time", "0.005"],
    ["$ssl_protocol $ssl_cipher", "- -"],
    ["$ssl_server_name $ssl_alpn_protocol", "- -"],
    ["$time_iso8601", "2026-11-24T02:19:07+01:00"],
    ["$time_local", "24/Nov/2026:02:19:07 +0100"],
    ["$time_utc", "2026-11-24T01:19:07.123Z"],
    ["${status}0 100% $status", "2000 100% 200"],
  ];
  for (const [format, text] of cases) {
    assertEquals(line(format), text, format);
  }
});

Deno.test("compileFormat() knows what it does not know", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["$statsu", 'has an unknown variable, "$statsu"'],
    ["$http_", 'has an unknown variable, "$http_"'],
    ["$constructor", 'has an unknown variable, "$constructor"'],
    ["a $ b", "has an invalid variable name, $"],
    ["$$status", "has an invalid variable name, $"],
    ["${status", "has an invalid variable name, ${status"],
    ["$Status", "has an invalid variable name, $Status"],
    ["combine", "has no variable"],
    ["", "has no variable"],
  ];
  for (const [format, wrong] of cases) {
    const compiled = compileFormat(format);
    assertEquals(compiled.ok || compiled.wrong, wrong, format);
  }
  for (const name of NAMED_FORMATS) assert(compileFormat(name).ok);
  for (const name of variableNames()) {
    const full = name.endsWith("_") ? `${name}x` : name;
    assert(compileFormat(`$${full}`).ok, name);
  }
});

Deno.test("nothing a client sends leaves its line or its field", () => {
  const target = '/"\\\n\r\u0000\u001b\u007f\u00e9\u20ac';
  assertEquals(
    line("$request_uri", { target }),
    "/\\x22\\x5C\\x0A\\x0D\\x00\\x1B\\x7F\\xE9\\xE2\\x82\\xAC",
  );
  assertEquals(line("$request_uri", { target }, "none").includes("\n"), false);
  const json = line('{"a":"$request_uri"}', { target }, "json");
  assertEquals(/\p{Cc}/u.test(json), false);
  assertEquals(JSON.parse(json).a, target);
});

Deno.test("JSON reads bytes that are UTF-8, and keeps those that are not", () => {
  const bytes = (text: string): string =>
    String.fromCharCode(...new TextEncoder().encode(text));
  const cases: readonly (readonly [string, string])[] = [
    [bytes("/ä€😀"), "/ä€😀"],
    ["/\u00e9", "/\u00e9"],
    [`/\u00ff${bytes("ä")}`, `/\u00ff${bytes("ä")}`],
    ["/\ud800", "/\ufffd"],
  ];
  for (const [target, read] of cases) {
    assertEquals(JSON.parse(line("json", { target })).uri, read);
  }
});

Deno.test("a request that could not be read has a line, too", () => {
  const unread = {
    method: "",
    target: "",
    protocol: "",
    status: 400,
    requestHeaders: [],
    responseHeaders: [],
    remoteAddress: "",
    remotePort: 0,
    durationMs: -1,
  };
  assertEquals(
    line("combined", unread),
    'unix: - - [24/Nov/2026:02:19:07 +0100] "-" 400 123 "-" "-"',
  );
  assertEquals(
    line("$uri $args $host $remote_port $request_time", unread),
    "- - - - 0.000",
  );
  assertEquals(line("$uri $host", { target: "*" }), "* example.com");
  const absolute = { target: "http://Other:81/%2e%2e/x?y" };
  assertEquals(line("$uri $host", absolute), "/x other");
});

Deno.test("credentials that cannot be read are no name", () => {
  const cases: readonly (readonly [string, string])[] = [
    [`basic ${btoa("joe:")}`, "joe"],
    [`Basic ${btoa('j"oe:x')}`, "j\\x22oe"],
    [`Basic ${btoa("joe")}`, "-"],
    ["Basic !!!", "-"],
    ["Bearer abc", "-"],
    ["Basic", "-"],
  ];
  for (const [value, name] of cases) {
    const requestHeaders = ["authorization", value];
    assertEquals(line("$remote_user", { requestHeaders }), name, value);
  }
});

Deno.test("times are those of their own second and place", () => {
  const compiled = compileFormat("$time_local");
  assert(compiled.ok);
  const at = (timeMs: number, offsetMinutes: number): string =>
    compiled.format({ ...RECORD, timeMs }, { ...PLACE, offsetMinutes }).trim();
  assertEquals(at(0, 0), "01/Jan/1970:00:00:00 +0000");
  assertEquals(at(999, 0), "01/Jan/1970:00:00:00 +0000");
  assertEquals(at(1000, 0), "01/Jan/1970:00:00:01 +0000");
  assertEquals(at(1000, -210), "31/Dec/1969:20:30:01 -0330");
  assertEquals(at(1000, 345), "01/Jan/1970:05:45:01 +0545");
});
