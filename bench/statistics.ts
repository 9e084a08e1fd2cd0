/**
 * The arithmetic of the bench: medians, ratios and the straight-line fit.
 *
 * Medians and ratios of pairs, never means: the machine is shared, so one slow
 * round must not move a result. Pure; knows nothing of what it counts.
 */

/** The middle value; the mean of the middle two; NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) {
    return NaN;
  }
  const lower = sorted[middle - 1];
  return sorted.length % 2 === 1 || lower === undefined
    ? upper
    : (lower + upper) / 2;
}

/** The smallest and the largest value; NaN twice when there is none. */
export function range(values: readonly number[]): [number, number] {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0
    ? [NaN, NaN]
    : [Math.min(...known), Math.max(...known)];
}

/**
 * The median of a[i] / b[i].
 *
 * Round i of both sides ran back to back, so a noisy spell hits both and
 * cancels out, which it would not in a ratio of two medians.
 */
export function medianRatio(
  a: readonly number[],
  b: readonly number[],
): number {
  const ratios: number[] = [];
  for (const [index, value] of a.entries()) {
    const other = b[index];
    if (other !== undefined && other !== 0) {
      ratios.push(value / other);
    }
  }
  return median(ratios);
}

/** A straight line through points, and how much of the spread it explains. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** 1: all points lie on the line. */
  readonly r2: number;
}

/** The least-squares line through (x, y); NaN when all x are the same. */
export function fitLine(points: readonly (readonly [number, number])[]): Line {
  const count = points.length;
  const meanX = sum(points.map(([x]) => x)) / count;
  const meanY = sum(points.map(([, y]) => y)) / count;
  const sxx = sum(points.map(([x]) => (x - meanX) ** 2));
  const sxy = sum(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  const syy = sum(points.map(([, y]) => (y - meanY) ** 2));
  const slope = sxx === 0 ? NaN : sxy / sxx;
  return {
    slope,
    intercept: meanY - slope * meanX,
    r2: syy === 0 ? 1 : (sxy * sxy) / (sxx * syy),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
