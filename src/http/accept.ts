/**
 * Which of the encodings there are of a file the client wants most. Pure.
 * Source: RFC 9110 section 12.5.3 (Accept-Encoding), 12.4.2 (weights).
 */

/** Encodings with a file beside the file. */
export type Encoding = "br" | "gzip";

/** One member: a coding and its weight, 0 to 1 with three decimals. */
const MEMBER =
  /^[ \t]*([!#$%&'*+.^_`|~\dA-Za-z-]+)[ \t]*(?:;[ \t]*[Qq]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/;

/** More members than there are codings in the world are not looked at. */
const MEMBERS_MAX = 32;

/** Codings by name, with weights; "*" stands for those not named. */
type Weights = ReadonlyMap<string, number>;

/**
 * The best of `available`, which is in our order of preference; undefined is
 * the file as it is, also when the client wants even that not: an answer in
 * the wrong encoding helps more than none.
 */
export function chooseEncoding(
  header: string | null,
  available: readonly Encoding[],
): Encoding | undefined {
  if (header === null || available.length === 0) return undefined;
  const weights = parseWeights(header);
  const plain = weights.get("identity");
  let best: Encoding | undefined;
  // Not named, the plain file is acceptable, and wanted less than all else.
  let bestWeight = plain ?? 0;
  for (const encoding of available) {
    const weight = weightOf(encoding, weights);
    const isBetter = best === undefined
      ? weight > 0 && weight >= bestWeight
      : weight > bestWeight;
    if (isBetter) [best, bestWeight] = [encoding, weight];
  }
  return best;
}

function weightOf(encoding: Encoding, weights: Weights): number {
  // An old name that servers are to take for the new one.
  const alias = encoding === "gzip" ? weights.get("x-gzip") : undefined;
  return weights.get(encoding) ?? alias ?? weights.get("*") ?? 0;
}

function parseWeights(header: string): Weights {
  const weights = new Map<string, number>();
  for (const member of header.split(",", MEMBERS_MAX)) {
    const [, name, weight = "1"] = MEMBER.exec(member) ?? [];
    if (name !== undefined) weights.set(name.toLowerCase(), Number(weight));
  }
  return weights;
}
