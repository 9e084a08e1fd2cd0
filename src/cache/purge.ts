/**
 * What is no longer right: which URLs an unsafe request has changed, which
 * tags a response has, and what a purge must name. Pure.
 * Source: RFC 9111 section 4.4; Cloudflare's and Fastly's Cache-Tag.
 */

import type { ReadHeader } from "./storing.ts";

/** Methods after which everything is as before. RFC 9110 section 9.2.1 */
const SAFE: readonly string[] = ["GET", "HEAD", "OPTIONS", "TRACE"];

/** What a tag may be: printable, without the comma that separates two. */
const TAG = /^[\x21-\x2b\x2d-\x7e][\x20-\x2b\x2d-\x7e]{0,255}$/;

/** More tags of one response are not kept. */
const TAGS_MAX = 64;

/** Whether a request with that method changes nothing. */
export function isSafe(method: string): boolean {
  return SAFE.includes(method);
}

/** The URLs that `url` with an unsafe method, answered so, made stale. */
export function invalidatedBy(
  url: string,
  status: number,
  given: ReadHeader,
): readonly string[] {
  if (status < 200 || status >= 400) return [];
  const urls = [withoutFragment(url)];
  for (const name of ["location", "content-location"]) {
    const found = sameOrigin(given(name), url);
    if (found !== undefined && !urls.includes(found)) urls.push(found);
  }
  return urls;
}

/** Another origin's are not this one's to change. */
function sameOrigin(target: string | null, base: string): string | undefined {
  if (target === null || !URL.canParse(target, base)) return undefined;
  const url = new URL(target, base);
  if (url.origin !== new URL(base).origin) return undefined;
  return withoutFragment(url.href);
}

function withoutFragment(url: string): string {
  const end = url.indexOf("#");
  return end === -1 ? url : url.slice(0, end);
}

/** The tags of a response. */
export function tagsOf(header: string | null): readonly string[] {
  if (header === null) return [];
  const tags = header.split(",").map((tag) => tag.trim()).filter(isTag);
  return [...new Set(tags)].slice(0, TAGS_MAX);
}

/** Whether a response can have that tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Where a pool's response to a GET of that URL lies. */
export function responseKey(pool: string, url: string): string {
  return `r:${pool}\n${withoutFragment(url)}`;
}
