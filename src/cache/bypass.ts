/**
 * Conditions in nginx's words: `$cookie_NAME`, `$arg_NAME`, `$http_NAME`. One
 * that is there, not empty and not "0" is enough. Pure.
 * Source: nginx src/http/ngx_http_script.c, ngx_http_test_predicates;
 * src/http/ngx_http_variables.c.
 */

import type { ReadHeader } from "./storing.ts";

/** What a condition looks like. */
export const CONDITION = /^\$(cookie|arg|http)_([\w-]{1,128})$/;

/** Whether one of the conditions holds. */
export function holds(
  conditions: readonly string[],
  asked: ReadHeader,
  url: string,
): boolean {
  return conditions.some((condition) => {
    const [, kind, name = ""] = CONDITION.exec(condition) ?? [];
    const value = kind === "cookie"
      ? cookieOf(asked("cookie"), name)
      : kind === "arg"
      ? argumentOf(url, name)
      : asked(name.toLowerCase().replaceAll("_", "-"));
    return value !== null && value !== "" && value !== "0";
  });
}

function cookieOf(header: string | null, wanted: string): string | null {
  for (const pair of header?.split(";") ?? []) {
    const end = pair.indexOf("=");
    if (end !== -1 && pair.slice(0, end).trim() === wanted) {
      return pair.slice(end + 1).trim();
    }
  }
  return null;
}

/** As nginx: the first of that name in any case, not decoded. */
function argumentOf(url: string, wanted: string): string | null {
  const start = url.indexOf("?");
  if (start === -1) return null;
  const query = url.slice(start + 1).replace(/#.*$/s, "");
  for (const pair of query.split("&")) {
    const end = pair.indexOf("=");
    if (end === -1) continue;
    if (pair.slice(0, end).toLowerCase() === wanted.toLowerCase()) {
      return pair.slice(end + 1);
    }
  }
  return null;
}
