/**
 * Asking the app about what is stored: the conditions of the question, whether
 * its "not modified" means what we have, and what that changes. Pure.
 * Source: RFC 9111 sections 3.2, 4.3.1, 4.3.4; RFC 9110 section 8.8.3.2.
 */

/** Names and values, as an entry has them. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** They describe the body, which stays, or the connection, which is gone. */
const KEPT: readonly string[] = [
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** A header's value, by its lower-case name. */
export function findPair(pairs: HeaderPairs, wanted: string): string | null {
  const found = pairs.filter(([name]) => name === wanted);
  return found.length === 0 ? null : found.map(([, value]) => value).join(", ");
}

/** The headers that ask whether `stored` is still right; none: it cannot. */
export function conditionsFor(stored: HeaderPairs): HeaderPairs {
  const etag = findPair(stored, "etag");
  const modified = findPair(stored, "last-modified");
  return [
    ...etag === null ? [] : [["if-none-match", etag] as const],
    ...modified === null ? [] : [["if-modified-since", modified] as const],
  ];
}

/** Whether a 304 is about what is stored. */
export function isAbout(stored: HeaderPairs, given: HeaderPairs): boolean {
  const etag = findPair(given, "etag");
  if (etag !== null) return opaque(etag) === opaque(findPair(stored, "etag"));
  const modified = findPair(given, "last-modified");
  return modified === null || modified === findPair(stored, "last-modified");
}

function opaque(etag: string | null): string | undefined {
  return etag?.replace(/^W\//, "");
}

/** What is stored, with what the 304 says newly. */
export function renewed(stored: HeaderPairs, given: HeaderPairs): HeaderPairs {
  const news = given.filter(([name]) => !KEPT.includes(name));
  const names = new Set(news.map(([name]) => name));
  // An Age that it does not repeat is of the response that it renews.
  names.add("age");
  return [...stored.filter(([name]) => !names.has(name)), ...news];
}
