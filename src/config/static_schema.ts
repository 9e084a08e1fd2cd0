/**
 * The shape of `static`: the options of a folder whose files are served, with
 * their documentation. What they mean to each other is `static.ts`'s. nginx's
 * names where nginx has them.
 */

// nginx's directive names are snake_case.
// deno-lint-ignore-file camelcase

import * as v from "valibot";
import { DEFAULTS } from "./default.ts";
import { directive, EXPECTED, integer, text } from "./directive.ts";

/** A file's name: no path. */
const name = v.pipe(v.string(), v.regex(/^(?!\.{1,2}$)[^/\0]{1,255}$/));
/** What may stand in a header line. */
const headerText = v.pipe(v.string(), v.regex(/^[!-~]([ -~]{0,998}[!-~])?$/));
const mediaType = v.pipe(
  v.string(),
  v.regex(/^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}( *;[ -~]{1,255})?$/),
);

/** The object form of `static`. */
export const staticOptions = {
  root: directive(text, {
    doc: "The folder.",
    expected: "a folder",
  }),
  index: directive(v.union([name, v.array(name)]), {
    doc: "Files that stand for their folder, the first that is there.",
    expected: "the name of a file, or a list of names",
    default: DEFAULTS.static.index,
  }),
  autoindex: directive(v.boolean(), {
    doc: "List a folder that has no index.",
    expected: EXPECTED.boolean,
    default: DEFAULTS.static.autoindex,
  }),
  disable_symlinks: directive(v.picklist(["off", "outside", "on"]), {
    doc: 'Refuse symbolic links: none, those that lead "outside", or all.',
    expected: '"off", "outside" or "on"',
    default: DEFAULTS.static.disable_symlinks,
  }),
  hidden_files: directive(v.boolean(), {
    doc: 'Serve names that begin with a dot; "/.well-known/" always is.',
    expected: EXPECTED.boolean,
    default: DEFAULTS.static.hidden_files,
  }),
  gzip_static: directive(v.boolean(), {
    doc: "Send FILE.gz for FILE to who takes gzip.",
    expected: EXPECTED.boolean,
    default: DEFAULTS.static.gzip_static,
  }),
  brotli_static: directive(v.boolean(), {
    doc: "Send FILE.br for FILE to who takes br.",
    expected: EXPECTED.boolean,
    default: DEFAULTS.static.brotli_static,
  }),
  cache_control: directive(headerText, {
    doc: "The Cache-Control of every file.",
    expected: 'a header\'s value such as "public, max-age=3600"',
  }),
  etag: directive(v.boolean(), {
    doc: "Send an ETag.",
    expected: EXPECTED.boolean,
    default: DEFAULTS.static.etag,
  }),
  max_ranges: directive(integer(0, 1000), {
    doc: "Ranges answered at once; with more, the whole file. 0: none are.",
    expected: "an integer from 0 to 1000",
    default: DEFAULTS.static.max_ranges,
  }),
  not_found: directive(text, {
    doc: "A file below the root: sent with 404 for what is not there.",
    expected: 'a path below the root such as "/404.html"',
  }),
  fallback: directive(text, {
    doc: "A file below the root: sent with 200 for what is not there.",
    expected: 'a path below the root such as "/index.html"',
  }),
  types: directive(
    v.record(v.pipe(v.string(), v.regex(/^[^A-Z/.\0]{1,64}$/)), mediaType),
    {
      doc: "Media types by extension, before those that are known.",
      expected: 'an object such as { "txt": "text/plain" }',
      default: {},
    },
  ),
  default_type: directive(mediaType, {
    doc: "The type of a file whose extension is not known.",
    expected: 'a media type such as "text/plain"',
    default: DEFAULTS.static.default_type,
  }),
  charset: directive(v.pipe(v.string(), v.regex(/^[\w.:+-]{1,64}$/)), {
    doc: 'Said of text; "off": nothing is.',
    expected: 'a charset such as "utf-8", or "off"',
    default: DEFAULTS.static.charset,
  }),
};

const { root, ...optional } = staticOptions;

/** `static` as an object. */
export const staticObject = v.strictObject({
  root,
  ...v.partial(v.strictObject(optional)).entries,
});

/** `static` as an object, valid. */
export type StaticSettings = v.InferOutput<typeof staticObject>;
