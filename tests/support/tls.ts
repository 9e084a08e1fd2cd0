/**
 * Certificates for tests, and clients that trust them. The files of
 * tests/fixture/tls are copied, because git keeps no mode a key could have.
 */

import type { Scene } from "./harness.ts";

const FIXTURES = new URL("../fixture/tls/", import.meta.url);

/** The names of the two certificates; both are good for "localhost" too. */
export type CertificateName = "a" | "b";

/** The PEM text of a fixture. */
export function pemOf(name: CertificateName, kind: "pem" | "key"): string {
  return Deno.readTextFileSync(new URL(`${name}.${kind}`, FIXTURES));
}

/** Put a certificate and its key into the test's folder as `site.*`. */
export function useCertificate(
  scene: Scene,
  name: CertificateName,
  site = "site",
): { readonly certificate: string; readonly key: string } {
  scene.write(`${site}.pem`, pemOf(name, "pem"));
  Deno.chmodSync(scene.write(`${site}.key`, pemOf(name, "key")), 0o600);
  return { certificate: `${site}.pem`, key: `${site}.key` };
}

/** A client of one protocol that trusts both certificates. */
export function tlsClient(protocol: "http1" | "http2"): Deno.HttpClient {
  return Deno.createHttpClient({
    caCerts: [pemOf("a", "pem"), pemOf("b", "pem")],
    http1: protocol === "http1",
    http2: protocol === "http2",
  });
}

/** The name in the certificate that a server shows to who asks for `name`. */
export async function shownTo(
  port: number,
  name: string,
): Promise<CertificateName | undefined> {
  for (const shown of ["a", "b"] as const) {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
    const caCerts = [pemOf(shown, "pem")];
    const tls = await Deno.startTls(tcp, { hostname: name, caCerts });
    const isShown = await tls.handshake().then(() => true, () => false);
    tls.close();
    if (isShown) return shown;
  }
  return undefined;
}
