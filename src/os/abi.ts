/**
 * The numbers and struct offsets that C headers would give us, for x86_64 and
 * aarch64 Linux with glibc. Nothing here calls anything. Each row names its
 * header; `tests/os/abi_test.ts` compares every one with the compiler's answer
 * where there is one, and by round trips through the kernel everywhere.
 *
 * Both machines are little endian and share the errno, socket, fcntl-command
 * and rlimit numbers; of what is used here only O_DIRECTORY and O_NOFOLLOW
 * differ.
 */

/** Constants that are equal on both machines. */
const SHARED = {
  // <bits/socket.h>
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  // <bits/socket_type.h>
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_SEQPACKET: 5,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  // <asm-generic/socket.h>
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_REUSEPORT: 15,
  SO_SNDTIMEO: 21,
  SO_ACCEPTCONN: 30,
  SO_ATTACH_REUSEPORT_CBPF: 51,
  SO_DETACH_REUSEPORT_BPF: 68,
  // <bits/socket.h>
  MSG_PEEK: 0x2,
  MSG_DONTWAIT: 0x40,
  MSG_NOSIGNAL: 0x4000,
  MSG_CMSG_CLOEXEC: 0x40000000,
  SCM_RIGHTS: 1,
  // <netinet/in.h>
  IPPROTO_TCP: 6,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 26,
  // <netinet/tcp.h>
  TCP_INFO: 11,
  // <asm-generic/mman-common.h>
  MADV_DONTNEED: 4,
  // <bits/fcntl-linux.h>
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_DUPFD_CLOEXEC: 1030,
  F_OFD_GETLK: 36,
  F_OFD_SETLK: 37,
  F_WRLCK: 1,
  F_UNLCK: 2,
  FD_CLOEXEC: 1,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,
  // <sys/file.h>
  LOCK_SH: 1,
  LOCK_EX: 2,
  LOCK_NB: 4,
  // <unistd.h>
  SEEK_SET: 0,
  // <bits/time.h>
  CLOCK_MONOTONIC: 1,
  // <sys/resource.h>
  PRIO_PROCESS: 0,
  RLIMIT_CORE: 4,
  RLIMIT_NOFILE: 7,
  // <bits/waitflags.h>
  P_ALL: 0,
  WNOHANG: 1,
  WEXITED: 4,
  WNOWAIT: 0x0100_0000,
  // <linux/prctl.h>
  PR_SET_PDEATHSIG: 1,
  PR_GET_PDEATHSIG: 2,
  PR_GET_DUMPABLE: 3,
  PR_SET_DUMPABLE: 4,
  PR_SET_MM: 35,
  PR_SET_MM_MAP: 14,
  // <bits/sigaction.h>, <bits/signum-arch.h>
  SIG_BLOCK: 0,
  SIG_UNBLOCK: 1,
  SIGUSR1: 10,
  // <bits/signalfd.h>
  SFD_CLOEXEC: 0o2000000,
  // <linux/bpf_common.h>, <linux/filter.h>; the three words of a steering
  // program: load a number, modulo a constant, return it.
  BPF_LD_W_ABS: 0x20,
  BPF_ALU_MOD_K: 0x94,
  BPF_RET_A: 0x16,
  BPF_JEQ_K: 0x15,
  BPF_RET_K: 0x06,
  SKF_AD_RANDOM: 0x1_0000_0000 - 0x1000 + 56,
} as const;

/** Constants that differ between machines. <bits/fcntl.h> */
const BY_ARCH = {
  x86_64: { O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000 },
  aarch64: { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000 },
} as const;

/** The constants of the machine this runs on. */
export const ABI = Object.freeze({ ...SHARED, ...BY_ARCH[Deno.build.arch] });

/** Struct sizes and field offsets in bytes, equal on both machines. */
export const LAYOUT = Object.freeze({
  /** <netinet/in.h>; the port is big endian. */
  sockaddr_in: { size: 16, family: 0, port: 2, address: 4 },
  /** <netinet/in.h>; the port is big endian. */
  sockaddr_in6: { size: 28, family: 0, port: 2, address: 8, scope: 24 },
  /** <sys/un.h>; 108 bytes of path, one of them for the final NUL. */
  sockaddr_un: { size: 110, family: 0, path: 2, pathBytesMax: 107 },
  /** <bits/fcntl.h>; a lock on the bytes of a file. */
  flock: { size: 32, type: 0, start: 8, length: 16 },
  /** <sys/resource.h>; two 64-bit numbers. */
  rlimit: { size: 16, soft: 0, hard: 8 },
  /** <bits/types/struct_timeval.h> */
  timeval: { size: 16, seconds: 0, microseconds: 8 },
  /** <bits/types/struct_timespec.h> */
  timespec: { size: 16, seconds: 0, nanoseconds: 8 },
  /** <bits/cpu-set.h>; 1024 bits. */
  cpu_set: { size: 128 },
  /** <bits/types/__sigset_t.h>; signal n is bit n - 1. */
  sigset: { size: 128 },
  /** <sys/signalfd.h> */
  signalfd_siginfo: { size: 128, signo: 0, pid: 12, uid: 16 },
  /** <bits/types/siginfo_t.h>; the fields of SIGCHLD. */
  siginfo: { size: 128, pid: 16, status: 24 },
  /** <pwd.h> */
  passwd: { size: 48, uid: 16, gid: 20 },
  /** <grp.h> */
  group: { size: 32, gid: 16 },
  /** <linux/prctl.h> */
  prctl_mm_map: { size: 104 },
  /** <bits/socket.h> */
  msghdr: { size: 56, iov: 16, iovlen: 24, control: 32, controllen: 40 },
  /** <bits/types/struct_iovec.h> */
  iovec: { size: 16, base: 0, len: 8 },
  /** <bits/socket.h>; the data follows it. */
  cmsghdr: { size: 16, len: 0, level: 8, type: 12 },
  /** <linux/filter.h> */
  sock_fprog: { size: 16, length: 0, filter: 8 },
  /** <linux/filter.h> */
  sock_filter: { size: 8, code: 0, jt: 2, jf: 3, k: 4 },
  /**
   * <netinet/tcp.h>; the kernel has more of it by now, and fills what fits. For
   * a listening socket, unacked is how many wait to be accepted.
   */
  tcp_info: { size: 104, unacked: 24 },
});

/** `text` as C wants it. It must not hold a NUL: see hasNul. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Whether C would see only the front of `text`. */
export function hasNul(text: string): boolean {
  return text.includes("\0");
}
