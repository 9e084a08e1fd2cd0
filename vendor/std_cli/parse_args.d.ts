/**
 * The types of parseArgs, after the documented API of @std/cli 1.0.32, without
 * nested (dotted) names and without `negatable` narrowing: a flag asked for by
 * name is typed, everything else is unknown.
 */

/** A list or one of a name. */
type Names<Name extends string> = Name | readonly Name[];

/** What `parseArgs` is told. */
export interface ParseOptions<
  Booleans extends string = string,
  Strings extends string = string,
  Collected extends string = string,
> {
  /** Keep what follows `--` apart, in the result's `--`. */
  "--"?: boolean;
  /** Other names: `{ c: "config" }` or `{ config: ["c"] }`. */
  alias?: { readonly [name: string]: string | readonly string[] };
  /** Flags without a value; `true` makes every `--flag` boolean. */
  boolean?: boolean | Names<Booleans>;
  /** Flags whose value is kept as text. */
  string?: Names<Strings>;
  /** Flags that may be repeated: always an array. */
  collect?: Names<Collected>;
  /** Flags that take `--no-x`. */
  negatable?: Names<string>;
  /** Values of flags that are not given. */
  default?: { readonly [name: string]: unknown };
  /** Everything after the first non-flag is positional. */
  stopEarly?: boolean;
  /** Called for what is not named above; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The flags as found; `_` holds the rest. */
export type Args<
  Booleans extends string = never,
  Strings extends string = never,
  Collected extends string = never,
> =
  & { [Name in Exclude<Booleans, Collected>]: boolean }
  & { [Name in Extract<Booleans, Collected>]: boolean[] }
  & { [Name in Exclude<Strings, Collected>]: string | undefined }
  & { [Name in Extract<Strings, Collected>]: string[] }
  & { [Name in Exclude<Collected, Booleans | Strings>]: unknown[] }
  & { _: (string | number)[]; "--"?: string[] }
  & { [name: string]: unknown };

/** Parse a command line. Numbers come as numbers unless named in `string`. */
export function parseArgs<
  const Booleans extends string = never,
  const Strings extends string = never,
  const Collected extends string = never,
>(
  args: readonly string[],
  options?: ParseOptions<Booleans, Strings, Collected>,
): Args<Booleans, Strings, Collected>;
