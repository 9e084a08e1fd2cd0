/**
 * The shape of a listener's `tls`. What it means is tls.ts's.
 */

import * as v from "valibot";
import { directive, text } from "./directive.ts";

const pair = v.strictObject({ certificate: text, key: text });

/** An option of `listen`: see schema.ts. */
export const tlsDirective = directive(
  v.strictObject({
    certificate: v.optional(text),
    key: v.optional(text),
    certificates: v.optional(v.pipe(v.array(pair), v.minLength(1))),
    protocols: v.optional(
      v.pipe(v.array(v.picklist(["TLSv1.2", "TLSv1.3"])), v.minLength(1)),
    ),
    http2: v.optional(v.boolean()),
  }),
  {
    doc: "Speak HTTPS, with HTTP/2: certificates, keys and protocols.",
    expected: 'an object with "certificate" and "key", or "certificates", ' +
      'and "protocols", "http2"',
  },
);
