/**
 * The `tls` of a listener: its certificates read and checked, every wrong one
 * told, with defaults for the rest. A reload reads them again, so a renewed
 * certificate needs nothing but a HUP.
 * Source: nginx's ngx_http_ssl_module.
 */

import type { TlsConfig } from "./config.ts";
import type { Path, Problem } from "./error.ts";
import { problemAt, remarkAt } from "./error.ts";
import { resolvePath } from "./path.ts";

/** Two files that belong together, as written. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

/** What is written, valid by its shape. */
export interface TlsSettings {
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly certificates?: readonly CertificatePair[] | undefined;
  readonly protocols?: readonly TlsProtocol[] | undefined;
  readonly http2?: boolean | undefined;
}

/** What is spoken; older ones are not known here. */
export type TlsProtocol = "TLSv1.2" | "TLSv1.3";

/** What reading a pair says: os/certificate.ts, or a test. */
export type ReadCertificate = (files: CertificatePair) =>
  | {
    readonly ok: true;
    readonly certificate: string;
    readonly key: string;
    readonly names: readonly string[];
    readonly warnings: readonly string[];
  }
  | {
    readonly ok: false;
    readonly of: "certificate" | "key";
    readonly wrong: string;
  };

/** What is needed besides the settings. */
export interface TlsContext {
  /** Relative paths resolve against it. */
  readonly prefix: string;
  /** Where `tls` stands, for errors. */
  readonly path: Path;
  readonly read: ReadCertificate;
}

/** The TLS of a listener, or everything that is wrong with it. */
export type Tls =
  | {
    readonly ok: true;
    readonly tls: TlsConfig;
    readonly warnings: readonly Problem[];
  }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Resolve `tls`. */
export function resolveTls(settings: TlsSettings, context: TlsContext): Tls {
  const pairs = pairsOf(settings, context.path);
  if (!Array.isArray(pairs)) return { ok: false, problems: [pairs] };
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const certificates = pairs.flatMap(({ pair, path }: PlacedPair) => {
    const read = context.read({
      certificate: resolvePath(context.prefix, pair.certificate),
      key: resolvePath(context.prefix, pair.key),
    });
    if (!read.ok) {
      problems.push(problemAt([...path, read.of], read.wrong));
      return [];
    }
    warnings.push(...read.warnings.map((text) => remarkAt(path, text)));
    const { certificate, key, names } = read;
    return [{ certificate, key, names }];
  });
  if (problems.length > 0) return { ok: false, problems };
  const protocols = settings.protocols ?? ["TLSv1.2", "TLSv1.3"];
  return {
    ok: true,
    warnings,
    tls: {
      certificates,
      versionMin: protocols.includes("TLSv1.2") ? "TLSv1.2" : "TLSv1.3",
      versionMax: protocols.includes("TLSv1.3") ? "TLSv1.3" : "TLSv1.2",
      http2: settings.http2 ?? true,
    },
  };
}

interface PlacedPair {
  readonly pair: CertificatePair;
  readonly path: Path;
}

/** Written as one pair or as a list, not as both. */
function pairsOf(
  { certificate, key, certificates }: TlsSettings,
  path: Path,
): PlacedPair[] | Problem {
  const isSingle = certificate !== undefined || key !== undefined;
  if (isSingle === (certificates !== undefined)) {
    const wrong = 'needs either "certificate" and "key" or "certificates"';
    return problemAt(path, wrong);
  }
  if (certificates !== undefined) {
    return certificates.map((pair, index) => ({
      pair,
      path: [...path, "certificates", index],
    }));
  }
  if (certificate === undefined || key === undefined) {
    const missing = certificate === undefined ? "certificate" : "key";
    return problemAt(path, `has no "${missing}"`);
  }
  return [{ pair: { certificate, key }, path }];
}
