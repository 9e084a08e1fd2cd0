/**
 * A certificate and its private key from the disk, looked at before anybody
 * serves with them: readable, well-formed, a pair, in time, and the key not
 * open to others. Read by the master, which may read what its workers may not.
 *
 * Source: nginx src/event/ngx_event_openssl.c, ngx_ssl_certificate;
 * man 2 stat; RFC 5280, RFC 6125 section 6.4 for the names.
 */

import type { KeyObject, X509Certificate } from "node:crypto";
import process from "node:process";
import { formatSystemError } from "../base/system_error.ts";
import { fromDenoError } from "./errno.ts";

/** Two files that belong together. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** What they hold, or what is wrong with which. */
export type CertificateRead =
  | {
    readonly ok: true;
    /** PEM: the certificate, and those that lead to its root. */
    readonly certificate: string;
    /** PEM. */
    readonly key: string;
    /** The names it is good for, in lower case; "*.example.com" among them. */
    readonly names: readonly string[];
    readonly warnings: readonly string[];
  }
  | {
    readonly ok: false;
    readonly of: keyof CertificateFiles;
    readonly wrong: string;
  };

/** Loaded when there is a certificate: it costs a start 10 ms. */
function crypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}

/** Read and check both; `now` in milliseconds since 1970. */
export function readCertificate(
  files: CertificateFiles,
  now: number,
): CertificateRead {
  const certificate = readText(files.certificate);
  if (!certificate.ok) return wrong("certificate", certificate.wrong);
  const parsed = parseCertificate(certificate.text);
  if (parsed === undefined) {
    const text = `"${files.certificate}" is not a certificate in PEM form`;
    return wrong("certificate", text);
  }
  const key = readText(files.key);
  if (!key.ok) return wrong("key", key.wrong);
  const parsedKey = parseKey(key.text);
  if (parsedKey === undefined) {
    const text = `"${files.key}" is not a private key in PEM form without ` +
      "a passphrase";
    return wrong("key", text);
  }
  const problem = keyProblem(files.key);
  if (problem !== undefined) return wrong("key", problem);
  if (!parsed.checkPrivateKey(parsedKey)) {
    const text = `"${files.key}" does not belong to the certificate ` +
      `"${files.certificate}"`;
    return wrong("key", text);
  }
  return {
    ok: true,
    certificate: certificate.text,
    key: key.text,
    names: namesOf(parsed),
    warnings: [
      ...timeWarnings(files.certificate, parsed, now),
      ...modeWarnings(files.key),
    ],
  };
}

function wrong(of: keyof CertificateFiles, text: string): CertificateRead {
  return { ok: false, of, wrong: text };
}

type TextRead =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly wrong: string };

function readText(path: string): TextRead {
  try {
    return { ok: true, text: Deno.readTextFileSync(path) };
  } catch (error) {
    const failed = fromDenoError(error, `open() "${path}"`);
    return { ok: false, wrong: formatSystemError(failed) };
  }
}

function parseCertificate(text: string): X509Certificate | undefined {
  try {
    return new (crypto().X509Certificate)(text);
  } catch {
    return undefined;
  }
}

function parseKey(text: string): KeyObject | undefined {
  try {
    return crypto().createPrivateKey(text);
  } catch {
    return undefined;
  }
}

function modeOf(path: string): number {
  return Deno.statSync(path).mode ?? 0;
}

/** A key that anybody may replace proves nothing. */
function keyProblem(path: string): string | undefined {
  const mode = modeOf(path);
  return (mode & 0o022) === 0
    ? undefined
    : `"${path}" can be written by others than its owner (mode ` +
      `${(mode & 0o777).toString(8).padStart(4, "0")})`;
}

function modeWarnings(path: string): readonly string[] {
  const mode = modeOf(path);
  if ((mode & 0o004) === 0) return [];
  const shown = (mode & 0o777).toString(8).padStart(4, "0");
  return [`the private key "${path}" can be read by everybody (mode ${shown})`];
}

function timeWarnings(
  path: string,
  { validFrom, validTo }: X509Certificate,
  now: number,
): readonly string[] {
  if (Date.parse(validTo) < now) {
    return [`the certificate "${path}" has expired at ${validTo}`];
  }
  if (Date.parse(validFrom) > now) {
    return [`the certificate "${path}" is not valid before ${validFrom}`];
  }
  return [];
}

/** The alternative names; the subject's own counts where there are none. */
function namesOf(certificate: X509Certificate): readonly string[] {
  const alternatives = [
    ...(certificate.subjectAltName ?? "").matchAll(/DNS:([^,\s]+)/g),
  ].map(([, name]) => name);
  const common = /^CN=(.+)$/m.exec(certificate.subject ?? "")?.[1];
  const names = alternatives.length > 0 ? alternatives : [common];
  return names.flatMap((name) => name === undefined ? [] : name.toLowerCase());
}
