/** The tables against the C compiler, where there is one. */

// deno-lint-ignore-file camelcase -- C's own names

import { assertEquals } from "@std/assert";
import { ABI, cString, hasNul, LAYOUT } from "../../src/os/abi.ts";
import { withFolder } from "./support.ts";

/** C for every row of LAYOUT: the struct, and our field names in it. */
const STRUCTS: {
  readonly [name: string]: { readonly [field: string]: string };
} = {
  sockaddr_in: { family: "sin_family", port: "sin_port", address: "sin_addr" },
  sockaddr_in6: {
    family: "sin6_family",
    port: "sin6_port",
    address: "sin6_addr",
    scope: "sin6_scope_id",
  },
  sockaddr_un: { family: "sun_family", path: "sun_path" },
  flock: { type: "l_type", start: "l_start", length: "l_len" },
  timeval: { seconds: "tv_sec", microseconds: "tv_usec" },
  timespec: { seconds: "tv_sec", nanoseconds: "tv_nsec" },
  rlimit: { soft: "rlim_cur", hard: "rlim_max" },
  signalfd_siginfo: { signo: "ssi_signo", pid: "ssi_pid", uid: "ssi_uid" },
  siginfo: { pid: "si_pid", status: "si_status" },
  passwd: { uid: "pw_uid", gid: "pw_gid" },
  group: { gid: "gr_gid" },
  prctl_mm_map: {},
  msghdr: {
    iov: "msg_iov",
    iovlen: "msg_iovlen",
    control: "msg_control",
    controllen: "msg_controllen",
  },
  iovec: { base: "iov_base", len: "iov_len" },
  cmsghdr: { len: "cmsg_len", level: "cmsg_level", type: "cmsg_type" },
  sock_fprog: { length: "len", filter: "filter" },
  sock_filter: { code: "code", jt: "jt", jf: "jf", k: "k" },
  tcp_info: { unacked: "tcpi_unacked" },
};

/** Rows that are no struct, or not named like one. */
const TYPES: { readonly [name: string]: string } = {
  cpu_set: "cpu_set_t",
  siginfo: "siginfo_t",
  sigset: "sigset_t",
};

/** Constants whose name is ours. */
const EXPRESSIONS: { readonly [name: string]: string } = {
  BPF_LD_W_ABS: "BPF_LD | BPF_W | BPF_ABS",
  BPF_ALU_MOD_K: "BPF_ALU | BPF_MOD | BPF_K",
  BPF_RET_A: "BPF_RET | BPF_A",
  BPF_JEQ_K: "BPF_JMP | BPF_JEQ | BPF_K",
  BPF_RET_K: "BPF_RET | BPF_K",
  SKF_AD_RANDOM: "(unsigned)(SKF_AD_OFF + SKF_AD_RANDOM)",
};

function program(): string {
  const lines: string[] = [];
  for (const name of Object.keys(ABI)) {
    lines.push(`C("${name}", ${EXPRESSIONS[name] ?? name});`);
  }
  for (const name of Object.keys(LAYOUT)) {
    const type = TYPES[name] ?? `struct ${name}`;
    lines.push(`C("${name}.size", sizeof(${type}));`);
    for (const [field, member] of Object.entries(STRUCTS[name] ?? {})) {
      lines.push(`C("${name}.${field}", offsetof(${type}, ${member}));`);
    }
  }
  return `
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <grp.h>
    #include <linux/filter.h>
    #include <linux/prctl.h>
    #include <netinet/tcp.h>
    #include <netinet/in.h>
    #include <pwd.h>
    #include <sched.h>
    #include <signal.h>
    #include <stddef.h>
    #include <stdio.h>
    #include <sys/file.h>
    #include <sys/resource.h>
    #include <sys/mman.h>
    #include <sys/signalfd.h>
    #include <sys/socket.h>
    #include <sys/time.h>
    #include <sys/un.h>
    #include <sys/wait.h>
    #include <time.h>
    #include <unistd.h>
    #define C(name, value) printf("%s %llu\\n", name, (unsigned long long)(value))
    int main(void) { ${lines.join("\n")} return 0; }`;
}

function compilerIsHere(): boolean {
  try {
    return new Deno.Command("cc", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "ABI and LAYOUT are what the C compiler says (needs cc)",
  ignore: !compilerIsHere(),
  fn: () =>
    withFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/abi.c`, program());
      const compiled = new Deno.Command("cc", {
        args: ["-w", "-o", `${folder}/abi`, `${folder}/abi.c`],
      }).outputSync();
      assertEquals(new TextDecoder().decode(compiled.stderr), "");
      const { stdout } = new Deno.Command(`${folder}/abi`).outputSync();
      const expected = new Map<string, number>();
      for (const line of new TextDecoder().decode(stdout).trim().split("\n")) {
        const [name = "", value] = line.split(" ");
        expected.set(name, Number(value));
      }
      assertEquals(ours(), expected);
    }),
});

function ours(): Map<string, number> {
  const values = new Map<string, number>();
  for (const [name, value] of Object.entries(ABI)) values.set(name, value);
  for (const [name, layout] of Object.entries(LAYOUT)) {
    for (const [field, value] of Object.entries(layout)) {
      if (field === "pathBytesMax") continue;
      values.set(`${name}.${field}`, value);
    }
  }
  return values;
}

Deno.test("cString() ends in a NUL and counts bytes, not characters", () => {
  assertEquals([...cString("aé")], [0x61, 0xc3, 0xa9, 0]);
});

Deno.test("hasNul() finds what C would cut", () => {
  assertEquals(hasNul("/run/a\0b"), true);
  assertEquals(hasNul("/run/ab"), false);
});
