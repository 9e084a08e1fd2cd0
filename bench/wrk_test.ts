/** Reading what wrk 4 prints. */

import { assertEquals } from "@std/assert";
import { parseWrk, wrkErrors } from "./wrk.ts";

const CLEAN = `Running 2s test @ http://127.0.0.1:18999/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   384.38us  116.87us   3.83ms   94.24%
    Req/Sec    76.85k     3.25k   82.35k    65.00%
  152606 requests in 2.00s, 23.58MB read
Requests/sec:  76256.37
Transfer/sec:     11.78MB
`;

Deno.test("parseWrk() reads a run without errors", () => {
  const report = parseWrk(CLEAN);
  assertEquals(report?.requests, 152606);
  assertEquals(report?.perSecond, 76256.37);
  assertEquals(report && wrkErrors(report), 0);
});

Deno.test("parseWrk() reads every kind of error", () => {
  const lines =
    "  Socket errors: connect 1, read 20, write 300, timeout 4000\n" +
    "  Non-2xx or 3xx responses: 50000\n";
  const report = parseWrk(
    CLEAN.replace("Requests/sec", `${lines}Requests/sec`),
  );
  assertEquals(report, {
    requests: 152606,
    perSecond: 76256.37,
    connectErrors: 1,
    readErrors: 20,
    writeErrors: 300,
    timeouts: 4000,
    badStatus: 50000,
  });
  assertEquals(report && wrkErrors(report), 54321);
});

Deno.test("parseWrk() takes nothing else for a report", () => {
  assertEquals(parseWrk("unable to connect to 127.0.0.1:1"), undefined);
});
