/**
 * The shapes of the directives of `real_ip.ts`. Apart from them because a start
 * without a configuration file must not load the schema library.
 */

// nginx's directive names are snake_case.
// deno-lint-ignore-file camelcase

import * as v from "valibot";
import { DEFAULTS } from "./default.ts";
import { directive, EXPECTED } from "./directive.ts";
import { isTrustable } from "./real_ip.ts";

const network = v.pipe(v.string(), v.check(isTrustable));

/** Main and pool: see schema.ts. */
export const realIpDirectives = {
  set_real_ip_from: directive(
    v.union([network, v.pipe(v.array(network), v.minLength(1))]),
    {
      doc: "Proxies whose word about the client is taken.",
      expected:
        'a network such as "10.0.0.0/8" or "2001:db8::/32", "unix:", or a list',
    },
  ),
  real_ip_header: directive(
    v.pipe(v.string(), v.regex(/^[!#$%&'*+.^_`|~\w-]{1,128}$/)),
    {
      doc: 'Where they name it: a header, or "proxy_protocol".',
      expected: 'a header such as "X-Forwarded-For", or "proxy_protocol"',
      default: DEFAULTS.real_ip_header,
    },
  ),
  real_ip_recursive: directive(v.boolean(), {
    doc: "Pass over trusted addresses in the header too.",
    expected: EXPECTED.boolean,
    default: DEFAULTS.real_ip_recursive,
  }),
};
