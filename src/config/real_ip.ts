/**
 * The directives about trusted proxies, nginx's ngx_http_realip_module: their
 * values as the server wants them.
 */

import { parseCidr } from "../base/cidr.ts";
import type { RealIpConfig } from "./config.ts";
import { DEFAULTS } from "./default.ts";

/** As written; undefined: not there. */
export interface RealIpSettings {
  readonly from: string | readonly string[] | undefined;
  readonly header: string | undefined;
  readonly recursive: boolean | undefined;
}

/** undefined: nobody is trusted, whatever else is written. */
export function resolveRealIp(
  { from, header, recursive }: RealIpSettings,
): RealIpConfig | undefined {
  if (from === undefined) return undefined;
  return {
    from: typeof from === "string" ? [from] : from,
    header: (header ?? DEFAULTS.real_ip_header).toLowerCase(),
    recursive: recursive ?? DEFAULTS.real_ip_recursive,
  };
}

/** A network, or every Unix socket. */
export function isTrustable(text: string): boolean {
  return text === "unix:" || parseCidr(text) !== undefined;
}
