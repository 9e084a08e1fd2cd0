/**
 * The shape of `cache`: named zones on the disk, each with nginx's options of
 * proxy_cache_path under nginx's names and with nginx's defaults.
 *
 * nginx: src/http/ngx_http_file_cache.c, ngx_http_file_cache_set_slot. Ours
 * differ in three: a zone has levels unless it says "" (nginx: none), the
 * loader's delay, a minute in nginx's source, can be set, and so can what is
 * brought to the disk (fsync; nginx brings nothing).
 */

// nginx's directive names are snake_case, and they are this file's subject.
// deno-lint-ignore-file camelcase

import * as v from "valibot";
import { CACHE_DEFAULTS } from "./default.ts";
import {
  directive,
  EXPECTED,
  integer,
  positiveTime,
  size,
  text,
  time,
} from "./directive.ts";

/** How many files one pass may take: nginx has no limit, a number has. */
const FILES_MAX = 1_000_000;

const files = integer(1, FILES_MAX);
const FILES_EXPECTED = `an integer from 1 to ${FILES_MAX}`;

const path = directive(text, {
  doc: "The folder of the zone; made when it is not there.",
  expected: EXPECTED.path,
});

/** The options of a zone besides its path. */
const options = {
  levels: directive(v.pipe(v.string(), v.regex(/^([12](:[12]){0,2})?$/)), {
    doc: 'How deep files lie: "1:2" is a/bc/; "" is no folders.',
    expected: '"" or one to three of 1 and 2, such as "1:2"',
    default: CACHE_DEFAULTS.levels,
  }),
  max_size: directive(size, {
    doc: "The most the zone may take; without it there is no limit.",
    expected: EXPECTED.size,
  }),
  min_free: directive(size, {
    doc: "What must stay free on the zone's file system.",
    expected: EXPECTED.size,
    default: CACHE_DEFAULTS.min_free,
  }),
  inactive: directive(positiveTime, {
    doc: "What nobody asked for that long is removed.",
    expected: EXPECTED.positiveTime,
    default: CACHE_DEFAULTS.inactive,
  }),
  fsync: directive(v.picklist(["off", "data", "full"]), {
    doc: "What is on the disk before a new entry is in its place.",
    expected: '"off", "data" or "full"',
    default: CACHE_DEFAULTS.fsync,
  }),
  manager_files: directive(files, {
    doc: "The most files a pass of the cache manager removes.",
    expected: FILES_EXPECTED,
    default: CACHE_DEFAULTS.manager_files,
  }),
  manager_threshold: directive(positiveTime, {
    doc: "How long such a pass may take.",
    expected: EXPECTED.positiveTime,
    default: CACHE_DEFAULTS.manager_threshold,
  }),
  manager_sleep: directive(time, {
    doc: "The pause between two passes of which the first was cut short.",
    expected: EXPECTED.time,
    default: CACHE_DEFAULTS.manager_sleep,
  }),
  loader_files: directive(files, {
    doc: "The most files a pass of the cache loader looks at.",
    expected: FILES_EXPECTED,
    default: CACHE_DEFAULTS.loader_files,
  }),
  loader_threshold: directive(positiveTime, {
    doc: "How long such a pass may take.",
    expected: EXPECTED.positiveTime,
    default: CACHE_DEFAULTS.loader_threshold,
  }),
  loader_sleep: directive(time, {
    doc: "The pause between two passes.",
    expected: EXPECTED.time,
    default: CACHE_DEFAULTS.loader_sleep,
  }),
  loader_delay: directive(time, {
    doc: "How long after its start the cache loader begins.",
    expected: EXPECTED.time,
    default: CACHE_DEFAULTS.loader_delay,
  }),
};

/** What stands in a zone, by name. */
export const ZONE_DIRECTIVES = { path, ...options };

const zone = v.strictObject({
  path,
  ...v.partial(v.strictObject(options)).entries,
});

/** What a zone may be called. */
export const ZONE_NAME_EXPECTED =
  'a name of at most 64 of a-z, 0-9, "_" and "-" that starts with a letter';

/** The directive. */
export const cache = directive(
  v.pipe(
    v.record(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]{0,63}$/)), zone),
    v.minEntries(1),
  ),
  {
    doc: "Cache zones on the disk, by name; they have a manager and a loader.",
    expected: "an object with one entry per zone",
  },
);

/** One zone as written, valid. */
export type ZoneSettings = v.InferOutput<typeof zone>;
