/** Every rule with the promise it keeps, in the order they are checked. */

import {
  checkPlaces,
  checkPostponed,
  checkPure,
  checkSynonyms,
  checkWaits,
} from "./ban_rule.ts";
import {
  checkDocstrings,
  checkHeads,
  checkSources,
  checkUnitTests,
} from "./comment_rule.ts";
import {
  checkCycles,
  checkDead,
  checkLayers,
  checkPackages,
  checkRoles,
  checkSuites,
} from "./import_rule.ts";
import {
  checkBarrels,
  checkDeclarations,
  checkFileNames,
  checkPrivates,
  checkTenses,
  checkUnits,
} from "./name_rule.ts";
import { checkColumns, checkExemptions, checkSizes } from "./size_rule.ts";
import type { Finding, SourceFile } from "./tree.ts";

/** A rule over the whole tree. */
export interface Rule {
  readonly promise: string;
  readonly check: (files: readonly SourceFile[]) => Finding[];
}

/** All of them. */
export const RULES: readonly Rule[] = [
  { promise: "imports follow the layers", check: checkLayers },
  { promise: "roles import parts, not roles", check: checkRoles },
  { promise: "packages are used where they belong", check: checkPackages },
  { promise: "imports have no cycles", check: checkCycles },
  { promise: "every file is reached", check: checkDead },
  { promise: "every test is in a suite", check: checkSuites },
  { promise: "the pure set is pure", check: checkPure },
  { promise: "system calls are in their place", check: checkPlaces },
  { promise: "tests wait for conditions", check: checkWaits },
  { promise: "one word per thing", check: checkSynonyms },
  { promise: "nothing is postponed", check: checkPostponed },
  { promise: "files and functions keep the limits", check: checkSizes },
  { promise: "exemptions are needed", check: checkExemptions },
  { promise: "lines fit", check: checkColumns },
  { promise: "every file has a head comment", check: checkHeads },
  { promise: "every export has a docstring", check: checkDocstrings },
  { promise: "core and os name their sources", check: checkSources },
  { promise: "every pure file has a unit test", check: checkUnitTests },
  { promise: "files are named for what they hold", check: checkFileNames },
  { promise: "events are past, effects imperative", check: checkTenses },
  { promise: "numbers carry their units", check: checkUnits },
  { promise: "top-level functions are declarations", check: checkDeclarations },
  { promise: "private members are private", check: checkPrivates },
  { promise: "nothing is exported on", check: checkBarrels },
];
