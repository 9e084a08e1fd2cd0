/**
 * Range requests: which bytes of a file a Range header asks for, or that it
 * asks for none that exist. Pure.
 *
 * What is no valid range is as if it were not there; so is what asks for more
 * than the whole file in pieces, as nginx has it, for that is never of use and
 * makes little work for the client much for us (CVE-2011-3192).
 * Source: RFC 9110 section 14; nginx src/http/modules/
 * ngx_http_range_filter_module.c.
 */

/** Some bytes of a file. */
export interface Slice {
  readonly offset: number;
  /** At least 1. */
  readonly length: number;
}

/** What is to be sent. */
export type Selection =
  | { readonly kind: "whole" }
  /** In the order they were asked for; at least one. */
  | { readonly kind: "slices"; readonly slices: readonly Slice[] }
  /** 416: not one byte of it exists. */
  | { readonly kind: "unsatisfiable" };

/** A file, and how many ranges of it may be asked for at once; 0: none. */
export interface RangeLimits {
  readonly size: number;
  readonly rangesMax: number;
}

const WHOLE: Selection = { kind: "whole" };
const UNSATISFIABLE: Selection = { kind: "unsatisfiable" };

/** `first-last`, `first-` or `-suffix`. */
const SPEC = /^(\d*)-(\d*)$/;

/** A header no longer than what nginx accepts at all has fewer than this. */
const SPECS_MAX = 4096;

/** What the header asks of a file. */
export function selectRanges(
  header: string | null,
  { size, rangesMax }: RangeLimits,
): Selection {
  // Of an empty file there is no part; nginx sends it whole, too.
  if (header === null || rangesMax === 0 || size === 0) return WHOLE;
  const set = /^bytes=(.*)$/i.exec(header)?.[1];
  const specs = set?.split(",", SPECS_MAX).map(trim).filter((one) => one);
  if (specs === undefined || specs.length === 0 || specs.length > rangesMax) {
    return WHOLE;
  }
  const slices: Slice[] = [];
  let total = 0;
  for (const spec of specs) {
    const slice = sliceOf(spec, size);
    if (slice === "invalid") return WHOLE;
    if (slice === "nothing") continue;
    slices.push(slice);
    total += slice.length;
  }
  if (slices.length === 0) return UNSATISFIABLE;
  return total > size ? WHOLE : { kind: "slices", slices };
}

function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}

function sliceOf(spec: string, size: number): Slice | "invalid" | "nothing" {
  const found = SPEC.exec(spec);
  const [, first = "", last = ""] = found ?? [];
  if (found === null || (first === "" && last === "")) return "invalid";
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "nothing" : { offset: size - length, length };
  }
  const offset = Number(first);
  // Numbers too large for exact arithmetic lie behind every file's end.
  if (last !== "" && compareDigits(last, first) < 0) return "invalid";
  if (offset >= size) return "nothing";
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return { offset, length: end - offset };
}

/** Of two numbers in digits, of any length. */
function compareDigits(left: string, right: string): number {
  const [a, b] = [left.replace(/^0+/, ""), right.replace(/^0+/, "")];
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a === b ? 0 : 1;
}

/** `bytes 0-499/1234`. */
export function contentRange({ offset, length }: Slice, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}

/** What stands before, between and behind the parts of an answer. */
export interface Multipart {
  readonly contentType: string;
  /** One before each slice. */
  readonly heads: readonly Uint8Array<ArrayBuffer>[];
  readonly tail: Uint8Array<ArrayBuffer>;
  /** Of everything together. */
  readonly length: number;
}

/** Frame several slices; `boundary` must not occur in the file. */
export function frameMultipart(
  slices: readonly Slice[],
  { size, type, boundary }: {
    readonly size: number;
    readonly type: string;
    readonly boundary: string;
  },
): Multipart {
  const encoder = new TextEncoder();
  const heads = slices.map((slice) =>
    encoder.encode(
      `\r\n--${boundary}\r\nContent-Type: ${type}\r\n` +
        `Content-Range: ${contentRange(slice, size)}\r\n\r\n`,
    )
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const length = slices.reduce(
    (sum, slice, index) => sum + slice.length + (heads[index]?.length ?? 0),
    tail.length,
  );
  const contentType = `multipart/byteranges; boundary=${boundary}`;
  return { contentType, heads, tail, length };
}
