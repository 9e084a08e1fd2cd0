/**
 * What every part of the schema is made of: a directive with its line of
 * documentation, the shapes that directives share (text, time, size, account),
 * and the words their errors use. `schema.ts` puts the parts together.
 */

import * as v from "valibot";
import {
  parseSize,
  parseTime,
  SIZE_PATTERN,
  TIME_PATTERN,
} from "./quantity.ts";

/** What is said about a directive. */
export interface About {
  /** One line. */
  readonly doc: string;
  /** Follows "must be" in an error. */
  readonly expected: string;
  readonly default?: unknown;
}

/** Any schema. */
export type Schema = v.GenericSchema;

/** A schema that says what it is for. */
export type Described<Shape extends Schema> = v.SchemaWithPipe<
  readonly [
    Shape,
    v.DescriptionAction<v.InferOutput<Shape>, string>,
    v.MetadataAction<v.InferOutput<Shape>, Omit<About, "doc">>,
  ]
>;

/** A schema with its documentation, readable by `aboutOf`. */
export function directive<const Shape extends Schema>(
  shape: Shape,
  about: About,
): Described<Shape> {
  const { doc, ...rest } = about;
  return v.pipe(shape, v.description(doc), v.metadata(rest));
}

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): v.GenericSchema<number> {
  return v.pipe(
    v.number(),
    v.integer(),
    v.minValue(min),
    v.maxValue(max),
  );
}

/** Text that is not empty. */
export const text = v.pipe(v.string(), v.minLength(1), v.check(hasNoNul));
/** A time, as written. */
export const time = v.pipe(
  v.union([
    v.pipe(v.string(), v.regex(TIME_PATTERN)),
    v.pipe(v.number(), v.integer(), v.minValue(0)),
  ]),
  v.check((value) => parseTime(value) !== undefined),
);
/** A size, as written. */
export const size = v.pipe(
  v.union([
    v.pipe(v.string(), v.regex(SIZE_PATTERN)),
    v.pipe(v.number(), v.integer(), v.minValue(0)),
  ]),
  v.check((value) => parseSize(value) !== undefined),
);
/** A time that is not 0. */
export const positiveTime = v.pipe(
  time,
  v.check((value) => parseTime(value) !== 0),
);

/** What follows "must be" for the shapes above. */
export const EXPECTED = {
  time: 'a time such as "30s" or "1h30m", at most "24d"',
  positiveTime: 'a time such as "30s" or "1h30m", "1ms" to "24d"',
  size: 'a size such as "512k", "64m" or "2g"',
  path: "a path",
  account: '"user" or "user group"',
  boolean: "true or false",
} as const;

/** The longest name the kernel's passwd tools take is 32; be generous. */
export const account = v.pipe(
  v.string(),
  v.regex(/^[^\s\0]{1,256}( [^\s\0]{1,256})?$/),
);

/** What a directive's schema says about it. */
export function aboutOf(schema: Schema): About {
  const { expected, ...rest } = v.getMetadata(schema) as Partial<About>;
  return {
    ...rest,
    doc: v.getDescription(schema) ?? "",
    expected: expected ?? "something else",
  };
}

/** A string that a system call can take. */
export function hasNoNul(value: string): boolean {
  return !value.includes("\0");
}
