/**
 * `deno task deb FILE`: a Debian package of the one executable that `deno task
 * pack` or `compile` made, with the unit, the configuration, the manual pages
 * and the completions of deploy/, written beside it. Needs dpkg-deb.
 *
 * Sources: man 5 deb, deb-control, deb-conffiles; Debian policy 9.1, 10.7.
 */

import project from "../deno.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url).pathname;

/** Where each file of the project goes; what ends in .gz is packed. */
const FILES: readonly (readonly [string, string])[] = [
  ["deploy/procmgr.service", "usr/lib/systemd/system/procmgr.service"],
  ["deploy/procmgr.socket", "usr/lib/systemd/system/procmgr.socket"],
  ["deploy/before-253.conf", "usr/share/procmgr/before-253.conf"],
  ["deploy/index.html", "usr/share/procmgr/html/index.html"],
  ["deploy/procmgr.jsonc", "etc/procmgr/procmgr.jsonc"],
  ["deploy/logrotate", "etc/logrotate.d/procmgr"],
  ["procmgr.schema.json", "usr/share/procmgr/procmgr.schema.json"],
  ["deploy/man/procmgr.8", "usr/share/man/man8/procmgr.8.gz"],
  ["deploy/man/procmgr.jsonc.5", "usr/share/man/man5/procmgr.jsonc.5.gz"],
  [
    "deploy/completions/procmgr.bash",
    "usr/share/bash-completion/completions/procmgr",
  ],
  ["deploy/completions/_procmgr", "usr/share/zsh/vendor-completions/_procmgr"],
  [
    "deploy/completions/procmgr.fish",
    "usr/share/fish/vendor_completions.d/procmgr.fish",
  ],
  ["LICENSE", "usr/share/doc/procmgr/copyright"],
];

/** Empty folders: where there is no systemd to make them. */
const FOLDERS = ["var/log/procmgr", "var/cache/procmgr"];

const SCRIPTS = ["postinst", "prerm", "postrm"];

/** By Deno's names of the machines. */
const ARCHITECTURES = { x86_64: "amd64", aarch64: "arm64" } as const;

/** Build the package of that executable into `folder`; its path. */
export async function buildDeb(
  program: string,
  folder: string,
): Promise<string> {
  const tree = await Deno.makeTempDir({ prefix: "procmgr_deb_" });
  try {
    await Deno.chmod(tree, 0o755);
    await install(program, `${tree}/usr/bin/procmgr`, 0o755);
    for (const [from, to] of FILES) {
      await install(`${ROOT}${from}`, `${tree}/${to}`, 0o644);
    }
    for (const name of FOLDERS) await makeFolder(`${tree}/${name}`);
    const bytes = await sizeOf(tree);
    for (const name of SCRIPTS) {
      const to = `${tree}/DEBIAN/${name}`;
      await install(`${ROOT}deploy/debian/${name}`, to, 0o755);
    }
    await Deno.writeTextFile(`${tree}/DEBIAN/control`, control(bytes));
    const conffiles = FILES.flatMap(([, to]) =>
      to.startsWith("etc/") ? [`/${to}\n`] : []
    );
    await Deno.writeTextFile(`${tree}/DEBIAN/conffiles`, conffiles.join(""));
    return await build(tree, folder);
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

function architecture(): string {
  return ARCHITECTURES[Deno.build.arch];
}

function control(bytes: number): string {
  return `Package: procmgr
Version: ${project.version}
Architecture: ${architecture()}
Maintainer: The procmgr authors <procmgr@localhost>
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: libc6
Suggests: logrotate
Section: httpd
Priority: optional
Description: nginx's process model for web applications
 A master that owns the listening sockets and never serves, workers that run
 an app or serve a folder, and reloads, upgrades and stops that lose no
 request. One executable.
`;
}

async function install(
  from: string,
  to: string,
  mode: number,
): Promise<void> {
  await makeFolder(to.replace(/\/[^/]*$/, ""));
  if (to.endsWith(".gz")) {
    const packed = (await Deno.open(from)).readable
      .pipeThrough(new CompressionStream("gzip"));
    await Deno.writeFile(to, packed);
  } else await Deno.copyFile(from, to);
  await Deno.chmod(to, mode);
}

/** Every folder of a package is for everybody, whatever the umask. */
async function makeFolder(path: string): Promise<void> {
  const umask = Deno.umask(0o022);
  try {
    await Deno.mkdir(path, { recursive: true });
  } finally {
    Deno.umask(umask);
  }
}

async function sizeOf(path: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    const inner = `${path}/${name}`;
    bytes += isDirectory ? await sizeOf(inner) : (await Deno.stat(inner)).size;
  }
  return bytes;
}

async function build(tree: string, folder: string): Promise<string> {
  const name = `procmgr_${project.version}_${architecture()}.deb`;
  const path = `${folder}/${name}`;
  const { success, stderr } = await new Deno.Command("dpkg-deb", {
    args: ["--root-owner-group", "-Zxz", "-z2", "--build", tree, path],
    env: { LC_ALL: "C" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return path;
}

if (import.meta.main) {
  const [program = `${ROOT}dist/procmgr`] = Deno.args;
  const folder = program.replace(/[^/]*$/, "") || ".";
  const path = await buildDeb(program, folder);
  Deno.stdout.writeSync(new TextEncoder().encode(`${path}\n`));
}
