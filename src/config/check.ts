/**
 * A raw value against the schema: unknown names, wrong types. Returns what is
 * wrong and the settings without it, so that what is left can be resolved and
 * every error is reported at once.
 *
 * What the schema library lets through is caught here: arrays where objects
 * are wanted, and the names it skips.
 */

import * as v from "valibot";
import { ZONE_NAME_EXPECTED } from "./cache_schema.ts";
import type { Raw } from "./document.ts";
import type { Path, Problem } from "./error.ts";
import { problemAt, quote, remarkAt } from "./error.ts";
import type { Settings } from "./schema.ts";
import { aboutOf } from "./directive.ts";
import { CACHE_ZONE, MAIN, MAIN_SCHEMA, OBJECTS } from "./schema.ts";
import { isRaw, withoutUnknown } from "./unknown.ts";

/** The valid part, and what is wrong with the rest. */
export interface Checked {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
  /** False when something was taken out that may have been the app. */
  readonly appRequired: boolean;
}

/** What a pool may serve. */
const SERVED: readonly string[] = ["app", "exec", "static"];

/** The schema library skips these names, so they would vanish unsaid. */
const RESERVED: readonly string[] = ["__proto__", "constructor", "prototype"];

const EXTENSION_EXPECTED = "an extension in lower case, without its dot";

/** Check a whole configuration. */
export function checkSettings(raw: Raw): Checked {
  const names: Problem[] = [];
  const known = withoutUnknown(raw, names);
  const result = v.safeParse(MAIN_SCHEMA, known);
  const places = [
    ...arraysForObjects(known),
    ...(result.issues ?? []).flatMap((one) => placesOf(one, [])),
  ];
  const shapes = [
    ...reservedNames(known),
    ...unique(places).map((place) => toProblem(place, known)),
  ];
  for (const { path } of shapes) prune(known, path ?? []);
  const problems = [...names, ...shapes];
  return {
    settings: known as Settings,
    problems,
    appRequired: !problems.some(mayBeTheApp),
  };
}

/** Where and in what sense the schema was not met. */
interface Place {
  readonly path: Path;
  /** It is the name that is wrong, not what it names. */
  readonly isName: boolean;
}

/** Where objects stand, at the top and in a pool. */
const OBJECT_PLACES: readonly string[] = [
  "access_log",
  "cache",
  "env",
  "error_log",
  "pools",
  "response_cache",
  "static",
];

/** Where the schema wants an object whose names are free or optional. */
function objectPlaces(known: Raw): readonly (readonly [Path, unknown])[] {
  const pools = Object.entries(known["pools"] ?? {});
  const scopes: [Path, unknown][] = [
    [[], known],
    ...pools.map(([name, pool]): [Path, unknown] => [["pools", name], pool]),
  ];
  const zones = Object.entries(isRaw(known["cache"]) ? known["cache"] : {})
    .map(([name, zone]): [Path, unknown] => [["cache", name], zone]);
  const inScopes = scopes.flatMap(([path, scope]) =>
    OBJECT_PLACES.map((name): [Path, unknown] => [
      [...path, name],
      isRaw(scope) ? scope[name] : undefined,
    ])
  );
  const types = scopes.map(([path, scope]): [Path, unknown] => {
    const folder = isRaw(scope) ? scope["static"] : undefined;
    return [
      [...path, "static", "types"],
      isRaw(folder) ? folder["types"] : undefined,
    ];
  });
  return [...scopes, ...inScopes, ...types, ...zones];
}

/** The schema library takes an array for an object. */
function arraysForObjects(known: Raw): readonly Place[] {
  return objectPlaces(known)
    .filter(([, value]) => Array.isArray(value))
    .map(([path]) => ({ path, isName: false }));
}

function reservedNames(known: Raw): readonly Problem[] {
  return objectPlaces(known).flatMap(([path, value]) =>
    RESERVED.filter((name) => isRaw(value) && Object.hasOwn(value, name)).map(
      (name) => remarkAt([...path, name], `the name "${name}" is reserved`),
    )
  );
}

/** A union is as wrong as the option that fits the value's type. */
function placesOf(issue: v.BaseIssue<unknown>, above: Path): Place[] {
  const items = issue.path ?? [];
  const path = [...above, ...items.map((item) => item.key as string | number)];
  const type = Array.isArray(issue.input) ? "array" : "object";
  const inner = (issue.issues ?? []).filter((one) =>
    one.path?.[0].type === type
  );
  if (inner.length > 0) return inner.flatMap((one) => placesOf(one, path));
  return [{ path, isName: issue.type === "regex" && isKey(items.at(-1)) }];
}

function isKey(item: v.IssuePathItem | undefined): boolean {
  return item !== undefined && "origin" in item && item.origin === "key";
}

function toProblem({ path, isName }: Place, known: Raw): Problem {
  const value = isName ? path.at(-1) : valueAt(known, path);
  const got = `got ${value === undefined ? "nothing" : quote(value)}`;
  if (isName) {
    // Named by what it stands in, but placed where it stands.
    const problem = problemAt(path.slice(0, -1), got, nameExpected(path));
    return { ...problem, path };
  }
  return problemAt(path, got, expectedAt(path));
}

function nameExpected(path: Path): string {
  // A pool's and a zone's are the same.
  if (isEntry(path)) return ZONE_NAME_EXPECTED;
  if (path.includes("static")) return EXTENSION_EXPECTED;
  return 'the name of a variable, without "="';
}

/** Whether a path leads to one of the named pools or zones. */
function isEntry([name, ...below]: Path): boolean {
  return (name === "pools" || name === "cache") && below.length === 1;
}

/** What the directive at a path, or the nearest above it, may be. */
function expectedAt(path: Path): string {
  if (isEntry(path)) return "an object of directives";
  const inPool = path[0] === "pools" && path.length > 2;
  const [name, ...below] = (inPool ? path.slice(2) : path)
    .filter((part) => typeof part === "string");
  if (name === undefined) return "an object of directives";
  const option = name === "cache" ? below[1] : below[0];
  if (name === "env" && option !== undefined) return "a string or null";
  const context = name === "cache" ? CACHE_ZONE : OBJECTS[name];
  const options = context?.known ?? {};
  const schema = (option === undefined ? undefined : options[option]) ??
    MAIN.known[name];
  return schema === undefined ? "something else" : aboutOf(schema).expected;
}

function valueAt(raw: Raw, path: Path): unknown {
  let value: unknown = raw;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Raw)[part];
  }
  return value;
}

/** Take out the directive that a path leads into. */
function prune(known: Raw, path: Path): void {
  const [name, pool, ...below] = path;
  const pools = known["pools"];
  if (name !== "pools") {
    take(known, path);
  } else if (!isRaw(pools) || pool === undefined) {
    known["pools"] = {};
  } else if (below.length === 0 || !isRaw(pools[pool])) {
    delete pools[pool];
  } else {
    take(pools[pool], below);
  }
}

/** What stands in for a broken directive must not cause errors of its own. */
function take(settings: Raw, [name = "", ...below]: Path): void {
  if (name === "listen") takeListen(settings, below);
  else delete settings[name];
  if (name === "user") delete settings["group"];
}

/** The other entries and options of a `listen` are still to be checked. */
function takeListen(settings: Raw, path: Path): void {
  const listen = settings["listen"];
  const isList = Array.isArray(listen);
  const [index, option] = isList ? path : [undefined, ...path];
  const entry = isList && typeof index === "number" ? listen[index] : listen;
  if (isRaw(entry) && option !== undefined && option !== "address") {
    delete entry[option];
  } else if (isList && typeof index === "number") {
    // A hole: the entries behind it keep their indexes, and so their places.
    delete listen[index];
  } else {
    settings["listen"] = [];
  }
}

function mayBeTheApp({ path = [], wrong }: Problem): boolean {
  return SERVED.some((name) => path.includes(name)) ||
    /"(?:app|static)"\?$/.test(wrong);
}

function unique(places: readonly Place[]): readonly Place[] {
  return [
    ...new Map(places.map((one) => [JSON.stringify(one.path), one])).values(),
  ];
}
