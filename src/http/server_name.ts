/**
 * Which certificate a name gets: the first that names it exactly, else the
 * first with a wildcard that covers it, else the first. Pure.
 * Source: RFC 6125 section 6.4.3: "*" stands for one whole label, the first.
 */

/** A matcher over the names of several certificates: answers with an index. */
export function nameMatcher(
  names: readonly (readonly string[])[],
): (name: string) => number {
  const exact = new Map<string, number>();
  for (const [index, list] of names.entries()) {
    for (const name of list) {
      if (!exact.has(name)) exact.set(name, index);
    }
  }
  return (name) => {
    const asked = name.toLowerCase();
    const dot = asked.indexOf(".");
    const covered = dot > 0 ? `*${asked.slice(dot)}` : asked;
    return exact.get(asked) ?? exact.get(covered) ?? 0;
  };
}
