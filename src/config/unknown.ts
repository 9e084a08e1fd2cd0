/**
 * Names that are no directives where they stand: mistyped, misplaced, or not
 * in this version. Not left to the schema library, which reports only the
 * first unknown name of an object and knows no nearest one.
 */

import type { Raw } from "./document.ts";
import type { Path, Problem } from "./error.ts";
import { nearest, quote, remarkAt } from "./error.ts";
import type { Context } from "./schema.ts";
import { CACHE_ZONE, LISTEN, MAIN, OBJECTS, POOL } from "./schema.ts";

/** A copy without the unknown names; each is a problem in `found`. */
export function withoutUnknown(raw: Raw, found: Problem[]): Raw {
  return keepKnown(raw, { path: [], context: MAIN, found });
}

/** Whether a value is an object with names. */
export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Walk {
  readonly path: Path;
  readonly context: Context;
  readonly found: Problem[];
}

/** The names of one object and of those in it. */
function keepKnown(raw: Raw, { path, context, found }: Walk): Raw {
  const kept: Raw = {};
  for (const [name, value] of Object.entries(raw)) {
    const inner = [...path, name];
    if (Object.hasOwn(context.known, name)) {
      kept[name] = keepKnownBelow(value, inner, found);
    } else {
      found.push(remarkAt(inner, unknownText(name, context)));
    }
  }
  return kept;
}

function keepKnownBelow(
  value: unknown,
  path: Path,
  found: Problem[],
): unknown {
  const name = path.at(-1);
  if (name === "listen" && Array.isArray(value)) {
    return value.map((entry, index) =>
      isRaw(entry)
        ? keepKnown(entry, {
          path: [...path, index],
          context: LISTEN,
          found,
        })
        : entry
    );
  }
  if (!isRaw(value)) return value;
  if (typeof name === "string" && Object.hasOwn(OBJECTS, name)) {
    const context = OBJECTS[name];
    if (context !== undefined) {
      return keepKnown(value, { path, context, found });
    }
  }
  if (name === "pools") {
    return keepKnownInEach(value, { path, context: POOL, found });
  }
  // A variable of `env` may be called that, too.
  if (name === "cache" && path.length === 1) {
    return keepKnownInEach(value, { path, context: CACHE_ZONE, found });
  }
  return value;
}

/** An object of objects, each with the same names in it. */
function keepKnownInEach(raw: Raw, { path, context, found }: Walk): Raw {
  return Object.fromEntries(
    Object.entries(raw).map(([name, content]) => [
      name,
      isRaw(content)
        ? keepKnown(content, { path: [...path, name], context, found })
        : content,
    ]),
  );
}

function unknownText(name: string, { known, refused }: Context): string {
  if (Object.hasOwn(refused, name)) return `"${name}" ${refused[name]}`;
  const near = nearest(name, Object.keys(known));
  const hint = near === undefined ? "" : `, did you mean "${near}"?`;
  return `unknown directive ${quote(name)}${hint}`;
}
