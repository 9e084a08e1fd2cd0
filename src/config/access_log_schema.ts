/**
 * The shape of `access_log`, with its documentation. Whether a format's
 * variables exist is `access_log.ts`'s question.
 */

import * as v from "valibot";
import { DEFAULTS } from "./default.ts";
import { directive, EXPECTED, positiveTime, size, text } from "./directive.ts";

/** The object form of `access_log`. */
export const accessLogOptions = {
  path: directive(text, {
    doc: 'The file, "stderr", "stdout", or "off".',
    expected: 'a path, "stderr", "stdout" or "off"',
  }),
  format: directive(text, {
    doc: 'nginx\'s "combined", "json", or a text with nginx\'s variables.',
    expected: '"combined", "json" or a text with variables such as "$status"',
    default: DEFAULTS.access_log.format,
  }),
  escape: directive(v.picklist(["default", "json", "none"]), {
    doc: "How values are escaped.",
    expected: '"default", "json" or "none"',
    default: DEFAULTS.access_log.escape,
  }),
  buffer: directive(size, {
    doc: "Lines are written together when they are this long; 0: at once.",
    expected: EXPECTED.size,
    default: DEFAULTS.access_log.buffer,
  }),
  flush: directive(positiveTime, {
    doc: "How long a line may wait for others.",
    expected: EXPECTED.positiveTime,
    default: DEFAULTS.access_log.flush,
  }),
};

const { path, ...optional } = accessLogOptions;

/** `access_log` as an object. */
export const accessLogObject = v.strictObject({
  path,
  ...v.partial(v.strictObject(optional)).entries,
});

/** `access_log` as an object, valid. */
export type AccessLogSettings = v.InferOutput<typeof accessLogObject>;
