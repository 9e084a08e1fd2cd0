/**
 * Texts of a deno.json: those that we take for plain, which Deno must accept,
 * and those that we do not judge ourselves.
 */

/** Nothing to ask Deno about. */
export const PLAIN_TEXTS: readonly string[] = [
  "",
  "{}",
  '{ /* a comment */ "imports": { "a": "npm:a@1" } }',
  '{ "imports": { "a": "nowhere://a", "b/": "./b" } }',
  '{ "scopes": { "./": { "a": "./b.ts" } }, "tasks": 5, "exports": "./a.ts" }',
  '{ "scopes": { "./": { "a": 5 } }, "exports": 5, "$schema": 5 }',
  '{ "nodeModulesDir": "auto", "lock": true, "name": "a", "version": "1.0.0" }',
  '{ "nodeModulesDir": "manual", "lock": false, "name": "@a/b" }',
  '{ "nodeModulesDir": "none", "name": "a b", "version": "x" }',
  '{ "fmt": 5, "lint": 5, "test": 5, "bench": 5, "publish": 5 }',
  '{ "compile": 5, "exclude": 5, "license": 5 }',
  '{ "compilerOptions": { "strict": true, "lib": ["dom"] } }',
  '{ "compilerOptions": { "strict": 5, "lib": 5, "types": 5, "paths": 5 } }',
  '{ "compilerOptions": { "experimentalDecorators": true, "odd": {} } }',
  '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "react" } }',
  '{ "compilerOptions": { "jsx": "react-jsxdev" } }',
];

/** Perhaps good, perhaps not; null cannot be read. */
export const DOUBTFUL_TEXTS: readonly (string | null)[] = [
  null,
  "{",
  "[]",
  '{"imports": 5}',
  '{"imports": {"a": 5}}',
  '{"imports": {}, "imports": {}}',
  '{"nodeModulesDir": "x"}',
  '{"lock": "./other.lock"}',
  '{"name": 5}',
  '{"importMap": "./map.json"}',
  '{"workspace": ["./site"]}',
  '{"links": ["../lib"]}',
  '{"unstable": ["temporal"]}',
  '{"compilerOptions": 5}',
  '{"compilerOptions": {"jsx": "weird"}}',
  '{"compilerOptions": {"jsx": "precompile"}}',
  '{"compilerOptions": {"jsxImportSource": "react"}}',
  '{"compilerOptions": {"jsx": "react-jsx", "jsxFactory": "h"}}',
];
