/**
 * The head of a packed file (tools/packed_head.sh): where it unpacks, what it
 * refuses to execute, and that it says why. What is packed here is a script
 * that tells how it was called, so a start takes no time.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { pack } from "../../tools/pack.ts";
import { IS_ROOT } from "../support/harness.ts";
import type { Outcome } from "../support/program.ts";

const TELLER = `#!/bin/sh
[ "$1" = --version ] && exit 0
printf '%s\\n' "$PROCMGR_PACKED" "$0" "$@"
`;

/** A folder of a test and a packed file in it. */
class Package {
  readonly folder = Deno.makeTempDirSync({ prefix: "procmgr_test_" });
  readonly file = `${this.folder}/procmgr`;
  id = "";

  async write(): Promise<void> {
    Deno.chmodSync(this.folder, 0o755);
    const [app, deno] = [`${this.folder}/app`, `${this.folder}/teller`];
    Deno.mkdirSync(app);
    Deno.writeTextFileSync(`${app}/main.js`, "");
    Deno.writeTextFileSync(deno, TELLER);
    Deno.chmodSync(deno, 0o755);
    const { output, arch } = { output: this.file, arch: Deno.build.arch };
    const packed = await pack({ app, deno, arch, compress: "gzip", output });
    this.id = packed.id;
  }

  /** What it unpacks in, unless a test says otherwise. */
  get base(): string {
    return `${this.folder}/unpacked`;
  }

  get home(): string {
    return `${this.base}/${this.id}`;
  }

  start(args: readonly string[] = [], env = {}): Promise<Outcome> {
    return outcomeOf([this.file, ...args], {
      PROCMGR_UNPACK: this.base,
      ...env,
    });
  }

  names(folder = this.base): readonly string[] {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  }
}

async function outcomeOf(
  [file = "", ...args]: readonly string[],
  env: Record<string, string>,
): Promise<Outcome> {
  const output = await new Deno.Command(file, { args, env, stdin: "null" })
    .output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  return { code: output.code, stdout: stdout ?? "", stderr: stderr ?? "" };
}

function packed(body: (file: Package) => Promise<void>): () => Promise<void> {
  return async () => {
    const file = new Package();
    try {
      await file.write();
      await body(file);
    } finally {
      Deno.removeSync(file.folder, { recursive: true });
    }
  };
}

function toldLines(file: Package, ...args: readonly string[]): string {
  const flags = ["run", "--allow-all", "--no-config", "--no-lock"];
  const main = `${file.home}/app/main.js`;
  const lines = [file.file, `${file.home}/deno`, ...flags, main, ...args];
  return lines.map((line) => `${line}\n`).join("");
}

function refuses(outcome: Outcome, why: string | RegExp): void {
  assertEquals(outcome.stdout, "", "nothing may be executed");
  assertEquals(outcome.code, 1);
  assertMatch(outcome.stderr, /^procmgr: \[emerg\] [^\n]+\n$/);
  if (typeof why === "string") assertStringIncludes(outcome.stderr, why);
  else assertMatch(outcome.stderr, why);
}

Deno.test(
  "the first start unpacks, the next one executes what is there",
  packed(async (file) => {
    const args = ["-p", "/srv/a b", "it's", ""];
    const first = await file.start(args);
    assertEquals(first.stdout, toldLines(file, ...args), first.stderr);
    const { ino } = Deno.statSync(file.home);
    const second = await file.start(args);
    assertEquals([second.stdout, second.stderr], [first.stdout, ""]);
    assertEquals(Deno.statSync(file.home).ino, ino);
    assertEquals(file.names(), [file.id]);
  }),
);

Deno.test(
  "it is found and named by a link on PATH, and by a relative path",
  packed(async (file) => {
    Deno.symlinkSync(file.file, `${file.folder}/linked`);
    const env = { PATH: `${file.folder}:${Deno.env.get("PATH")}` };
    const linked = await file.start([], env);
    assertStringIncludes(linked.stdout, file.home, linked.stderr);
    const told = await outcomeOf(
      ["sh", "-c", `cd "${file.folder}" && linked && ./procmgr`],
      { ...env, PROCMGR_UNPACK: file.base },
    );
    const paths = told.stdout.split("\n").filter((line) =>
      /\/(?:linked|procmgr)$/.test(line)
    );
    assertEquals(paths, [`${file.folder}/linked`, file.file]);
  }),
);

Deno.test(
  "eight first starts at once: one folder, and all of them start",
  packed(async (file) => {
    const starts = Array.from({ length: 8 }, () => file.start(["x"]));
    for (const { stdout, stderr } of await Promise.all(starts)) {
      assertEquals([stdout, stderr], [toldLines(file, "x"), ""]);
    }
    assertEquals(file.names(), [file.id]);
  }),
);

/** What is done to what was unpacked, and what is said about it. */
const SPOILT: readonly (readonly [
  what: string,
  spoil: (file: Package) => void,
  why: (file: Package) => string,
])[] = [
  [
    "a folder that others can write",
    ({ home }) => Deno.chmodSync(home, 0o757),
    ({ home }) => `"${home}" can be written by others`,
  ],
  [
    "a file that its group can write",
    ({ home }) => Deno.chmodSync(`${home}/app/main.js`, 0o664),
    ({ home }) => `"${home}/app/main.js" can be written by others`,
  ],
  [
    "a folder in a sticky one",
    ({ base }) => Deno.chmodSync(base, 0o1777),
    ({ base }) => `"${base}" can be written by others`,
  ],
  [
    "a folder in one that others can write",
    ({ folder }) => Deno.chmodSync(folder, 0o777),
    ({ folder }) => `"${folder}" can be written by others`,
  ],
  [
    "a Deno that is cut short",
    ({ home }) => Deno.truncateSync(`${home}/deno`, 10),
    ({ home }) => `"${home}" is not what was unpacked there: remove it`,
  ],
  [
    "a folder without the program",
    ({ home }) => Deno.removeSync(`${home}/app/main.js`),
    ({ home }) => `"${home}" is not what was unpacked there: remove it`,
  ],
  [
    "a link to another Deno",
    ({ home }) => {
      Deno.renameSync(`${home}/deno`, `${home}/other`);
      Deno.symlinkSync(`${home}/other`, `${home}/deno`);
    },
    ({ home }) => `"${home}/deno" is a symbolic link`,
  ],
];

for (const [what, spoil, why] of SPOILT) {
  Deno.test(
    `${what} is not executed from`,
    packed(async (file) => {
      assertEquals((await file.start()).code, 0);
      spoil(file);
      refuses(await file.start(), why(file));
    }),
  );
}

Deno.test({
  name: "what somebody else owns is not executed from (needs root)",
  ignore: !IS_ROOT,
  fn: packed(async (file) => {
    assertEquals((await file.start()).code, 0);
    Deno.chownSync(file.base, 12345, null);
    refuses(await file.start(), `"${file.base}" belongs to user 12345`);
  }),
});

Deno.test(
  "a file that is cut short unpacks nothing",
  packed(async (file) => {
    Deno.truncateSync(file.file, Deno.statSync(file.file).size - 20);
    refuses(await file.start(), `cannot unpack "${file.file}" in`);
    assertEquals(file.names(), []);
  }),
);

Deno.test(
  "a folder that cannot be had is named, and how to name another",
  packed(async (file) => {
    const PROCMGR_UNPACK = `${file.file}/below`;
    const outcome = await file.start([], { PROCMGR_UNPACK });
    refuses(outcome, /"[^"]+\/below": Not a directory: .* PROCMGR_UNPACK$/m);
    // Nobody is told where nothing can be looked for.
    if (IS_ROOT) return;
    const env = { PROCMGR_UNPACK: "", HOME: "", XDG_CACHE_HOME: "" };
    refuses(await file.start([], env), "neither HOME nor XDG_CACHE_HOME");
  }),
);

/** Run a script where /var/cache and /var/lib are its own. */
function inside(file: Package, script: string): Promise<Outcome> {
  const own = `
    mount -t tmpfs -o mode=755 tmpfs /var/cache
    mount -t tmpfs -o mode=755 tmpfs /var/lib
    as_user="setpriv --reuid=12345 --regid=12345 --clear-groups"
    file=$0 id=$1
    ${script}`;
  const command = ["unshare", "--mount", "sh", "-euc", own, file.file, file.id];
  return outcomeOf(command, { HOME: "", XDG_CACHE_HOME: "" });
}

Deno.test({
  name: "root unpacks for everybody, a user for nobody else (needs root)",
  ignore: !IS_ROOT,
  fn: packed(async (file) => {
    const { stdout, stderr } = await inside(
      file,
      `
      umask 077
      mkdir -m 755 /var/lib/user
      chown 12345 /var/lib/user
      XDG_CACHE_HOME=/var/lib/user $as_user "$file" | sed -n 2p
      stat -c '%a %u' /var/lib/user/procmgr
      "$file" | sed -n 2p
      stat -c '%a' /var/cache/procmgr/$id/app/main.js /var/cache/procmgr/$id/deno
      rm -r /var/lib/user
      $as_user "$file" | sed -n 2p
      umount /var/cache
      mount -t tmpfs -o noexec,mode=755 tmpfs /var/cache
      "$file" | sed -n 2p`,
    );
    assertEquals(
      stdout.replaceAll(file.id, "ID").split("\n"),
      [
        "/var/lib/user/procmgr/ID/deno",
        "700 12345",
        "/var/cache/procmgr/ID/deno",
        "644",
        "755",
        "/var/cache/procmgr/ID/deno",
        "/var/lib/procmgr/ID/deno",
        "",
      ],
      stderr,
    );
  }),
});

Deno.test({
  name: "read-only and noexec folders are named (needs root)",
  ignore: !IS_ROOT,
  fn: packed(async (file) => {
    const outcome = await inside(
      file,
      `
      mount -o remount,ro /var/cache
      mount -t tmpfs -o noexec,mode=755 tmpfs /var/lib
      "$file"`,
    );
    refuses(outcome, /make "\/var\/cache\/procmgr": Read-only file system; /);
    assertStringIncludes(
      outcome.stderr,
      'cannot execute a program in "/var/lib/procmgr": Permission denied: ',
    );
    const homeless = await inside(file, `$as_user "$file"`);
    refuses(homeless, "neither HOME nor XDG_CACHE_HOME is set");
  }),
});
