/** The `tls` of a listener: both forms, defaults, and all that is wrong. */

import { assert, assertEquals } from "@std/assert";
import { resolveTls, type Tls, type TlsSettings } from "./tls.ts";

/** Files named "bad" are refused; their text is their path. */
function resolve(settings: TlsSettings): Tls {
  return resolveTls(settings, {
    prefix: "/srv",
    path: ["listen", "tls"],
    read: ({ certificate, key }) => {
      if (certificate.includes("bad")) {
        return { ok: false, of: "certificate", wrong: "is bad" };
      }
      const warnings = key.includes("old") ? ["is old"] : [];
      return { ok: true, certificate, key, names: ["a.test"], warnings };
    },
  });
}

function problemsOf(settings: TlsSettings): readonly string[] {
  const tls = resolve(settings);
  assert(!tls.ok);
  return tls.problems.map(({ path, wrong }) => `${path?.join(".")}: ${wrong}`);
}

Deno.test("resolveTls() takes one pair, with defaults for the rest", () => {
  const tls = resolve({ certificate: "c.pem", key: "/k.pem" });
  assert(tls.ok);
  assertEquals(tls.tls, {
    certificates: [
      { certificate: "/srv/c.pem", key: "/k.pem", names: ["a.test"] },
    ],
    versionMin: "TLSv1.2",
    versionMax: "TLSv1.3",
    http2: true,
  });
});

Deno.test("resolveTls() takes several pairs, protocols and http2", () => {
  const tls = resolve({
    certificates: [{ certificate: "a", key: "a" }, {
      certificate: "b",
      key: "old",
    }],
    protocols: ["TLSv1.3"],
    http2: false,
  });
  assert(tls.ok);
  assertEquals(tls.tls.certificates.length, 2);
  assertEquals([tls.tls.versionMin, tls.tls.versionMax], [
    "TLSv1.3",
    "TLSv1.3",
  ]);
  assertEquals(tls.tls.http2, false);
  assertEquals(tls.warnings.map(({ wrong }) => wrong), ["is old"]);
});

Deno.test("resolveTls() says what is missing, or there twice", () => {
  const either = "listen.tls: needs either " +
    '"certificate" and "key" or "certificates"';
  assertEquals(problemsOf({}), [either]);
  const pair = { certificate: "a", key: "a" };
  assertEquals(problemsOf({ ...pair, certificates: [pair] }), [either]);
  assertEquals(problemsOf({ key: "a" }), ['listen.tls: has no "certificate"']);
  assertEquals(problemsOf({ certificate: "a" }), ['listen.tls: has no "key"']);
});

Deno.test("resolveTls() says every certificate that is wrong", () => {
  const bad = { certificate: "bad", key: "k" };
  assertEquals(problemsOf(bad), ["listen.tls.certificate: is bad"]);
  assertEquals(problemsOf({ certificates: [bad, bad] }), [
    "listen.tls.certificates.0.certificate: is bad",
    "listen.tls.certificates.1.certificate: is bad",
  ]);
});
