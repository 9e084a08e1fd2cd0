/**
 * A look into the lines of a head as they came, names and values in turn:
 * making a Headers of them costs more than most requests. Decides nothing.
 * Source: RFC 9110 sections 5.1 (names in any case) and 5.3 (several lines).
 */

/**
 * All values of `wanted`, which is in lower case, joined; undefined when there
 * is no such line.
 */
export function findHeader(
  lines: readonly string[],
  wanted: string,
): string | undefined {
  let found: string | undefined;
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = lines[index] ?? "";
    // The length tells most names apart without making a copy of them.
    if (name.length !== wanted.length) continue;
    if (name !== wanted && name.toLowerCase() !== wanted) continue;
    const value = lines[index + 1] ?? "";
    // Cookies are the exception: RFC 6265 section 5.4.
    const between = wanted === "cookie" ? "; " : ", ";
    found = found === undefined ? value : `${found}${between}${value}`;
  }
  return found;
}
