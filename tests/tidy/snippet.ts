/**
 * Runs a rule over snippets: a rule that cannot fail is no rule, so each is
 * tested on source that breaks it. Every finding must name its remedy.
 */

import { assertMatch } from "@std/assert";
import { type Finding, type SourceFile, toSourceFile } from "./tree.ts";

/** The findings of a rule as `path:line`, in order. */
export function places(
  check: (files: readonly SourceFile[]) => Finding[],
  sources: { readonly [path: string]: string },
): string[] {
  const files = Object.entries(sources).map(([path, text]) =>
    toSourceFile(path, text)
  );
  return check(files).map((finding) => {
    assertMatch(finding.text, /is (?:banned|never run|within the limits)/);
    assertMatch(finding.text, /\b(?:use|say|import|move|remove|fix)\b/);
    return `${finding.path}:${finding.line}`;
  });
}
