/**
 * The functions of glibc that are called, each with its C declaration and its
 * man page. A table: nothing here opens or calls anything. Variadic functions
 * are declared with fixed parameters: on x86_64 and aarch64 Linux they are
 * passed the same way.
 */

/** What libc.ts opens. All but the one that says so are synchronous. */
export const LIBC_SYMBOLS = {
  // man 2 fcntl
  fcntl: {
    parameters: [
      "i32", // int fd
      "i32", // int cmd
      "i32", // ... int arg
    ],
    result: "i32",
  },
  // man 2 fcntl, for locks: int fd, int cmd, ... struct flock *lock
  fcntlLock: {
    name: "fcntl",
    parameters: ["i32", "i32", "buffer"],
    result: "i32",
  },
  // man 2 dup3: int oldfd, int newfd, int flags
  dup3: {
    parameters: ["i32", "i32", "i32"],
    result: "i32",
  },
  // man 2 close
  close: { parameters: ["i32"], result: "i32" }, // int fd
  // man 2 open
  open: {
    parameters: [
      "buffer", // const char *pathname
      "i32", // int flags
      "u32", // ... mode_t mode
    ],
    result: "i32",
  },
  // man 2 write
  write: {
    parameters: [
      "i32", // int fd
      "buffer", // const void *buf
      "usize", // size_t count
    ],
    result: "isize",
  },
  // man 2 clock_gettime
  clock_gettime: {
    parameters: ["i32", "buffer"], // clockid_t clockid, struct timespec *tp
    result: "i32",
  },
  // man 2 lseek
  lseek: {
    parameters: [
      "i32", // int fd
      "i64", // off_t offset
      "i32", // int whence
    ],
    result: "i64",
  },
  // man 2 ftruncate
  ftruncate: {
    parameters: [
      "i32", // int fd
      "i64", // off_t length
    ],
    result: "i32",
  },
  // man 2 fsync
  fsync: { parameters: ["i32"], result: "i32" }, // int fd
  // man 2 flock: int fd, int operation
  flock: {
    parameters: ["i32", "i32"],
    result: "i32",
  },
  // man 2 socket
  socket: {
    parameters: [
      "i32", // int domain
      "i32", // int type
      "i32", // int protocol
    ],
    result: "i32",
  },
  // man 2 bind
  bind: {
    parameters: [
      "i32", // int sockfd
      "buffer", // const struct sockaddr *addr
      "u32", // socklen_t addrlen
    ],
    result: "i32",
  },
  // man 2 listen
  listen: {
    parameters: [
      "i32", // int sockfd
      "i32", // int backlog
    ],
    result: "i32",
  },
  // man 2 connect
  connect: {
    parameters: [
      "i32", // int sockfd
      "buffer", // const struct sockaddr *addr
      "u32", // socklen_t addrlen
    ],
    result: "i32",
  },
  // man 2 setsockopt
  setsockopt: {
    parameters: [
      "i32", // int sockfd
      "i32", // int level
      "i32", // int optname
      "buffer", // const void *optval
      "u32", // socklen_t optlen
    ],
    result: "i32",
  },
  // man 2 getsockopt
  getsockopt: {
    parameters: [
      "i32", // int sockfd
      "i32", // int level
      "i32", // int optname
      "buffer", // void *optval
      "buffer", // socklen_t *optlen
    ],
    result: "i32",
  },
  // man 2 getsockname
  getsockname: {
    parameters: [
      "i32", // int sockfd
      "buffer", // struct sockaddr *addr
      "buffer", // socklen_t *addrlen
    ],
    result: "i32",
  },
  // man 2 recv
  recv: {
    parameters: [
      "i32", // int sockfd
      "buffer", // void *buf
      "usize", // size_t len
      "i32", // int flags
    ],
    result: "isize",
  },
  // man 2 socketpair
  socketpair: {
    parameters: [
      "i32", // int domain
      "i32", // int type
      "i32", // int protocol
      "buffer", // int sv[2]
    ],
    result: "i32",
  },
  // man 2 sendmsg
  sendmsg: {
    parameters: [
      "i32", // int sockfd
      "buffer", // const struct msghdr *msg
      "i32", // int flags
    ],
    result: "isize",
  },
  // man 2 recvmsg
  recvmsg: {
    parameters: [
      "i32", // int sockfd
      "buffer", // struct msghdr *msg
      "i32", // int flags
    ],
    result: "isize",
  },
  // man 3 inet_pton
  inet_pton: {
    parameters: [
      "i32", // int af
      "buffer", // const char *src
      "buffer", // void *dst
    ],
    result: "i32",
  },
  // man 3 getpwnam_r; returns an errno, does not set it
  getpwnam_r: {
    parameters: [
      "buffer", // const char *name
      "buffer", // struct passwd *pwd
      "buffer", // char *buf
      "usize", // size_t buflen
      "buffer", // struct passwd **result
    ],
    result: "i32",
  },
  // man 3 getpwuid_r; returns an errno, does not set it
  getpwuid_r: {
    parameters: [
      "u32", // uid_t uid
      "buffer", // struct passwd *pwd
      "buffer", // char *buf
      "usize", // size_t buflen
      "buffer", // struct passwd **result
    ],
    result: "i32",
  },
  // man 3 getgrnam_r; returns an errno, does not set it
  getgrnam_r: {
    parameters: [
      "buffer", // const char *name
      "buffer", // struct group *grp
      "buffer", // char *buf
      "usize", // size_t buflen
      "buffer", // struct group **result
    ],
    result: "i32",
  },
  // man 3 initgroups
  initgroups: {
    parameters: [
      "buffer", // const char *user
      "u32", // gid_t group
    ],
    result: "i32",
  },
  // man 2 setgid
  setgid: {
    parameters: ["u32"], // gid_t gid
    result: "i32",
  },
  // man 2 setuid
  setuid: {
    parameters: ["u32"], // uid_t uid
    result: "i32",
  },
  // man 2 geteuid
  geteuid: { parameters: [], result: "u32" },
  // man 2 getresuid
  getresuid: {
    parameters: [
      "buffer", // uid_t *ruid
      "buffer", // uid_t *euid
      "buffer", // uid_t *suid
    ],
    result: "i32",
  },
  // man 2 getresgid
  getresgid: {
    parameters: [
      "buffer", // gid_t *rgid
      "buffer", // gid_t *egid
      "buffer", // gid_t *sgid
    ],
    result: "i32",
  },
  // man 2 waitid
  waitid: {
    parameters: [
      "i32", // idtype_t idtype
      "u32", // id_t id
      "buffer", // siginfo_t *infop
      "i32", // int options
    ],
    result: "i32",
  },
  // man 2 waitpid
  waitpid: {
    parameters: [
      "i32", // pid_t pid
      "buffer", // int *wstatus
      "i32", // int options
    ],
    result: "i32",
  },
  // man 2 getppid
  getppid: { parameters: [], result: "i32" },
  // man 2 setpriority
  setpriority: {
    parameters: [
      "i32", // int which
      "u32", // id_t who
      "i32", // int prio
    ],
    result: "i32",
  },
  // man 2 setrlimit
  setrlimit: {
    parameters: [
      "i32", // int resource
      "buffer", // const struct rlimit *rlim
    ],
    result: "i32",
  },
  // man 2 getrlimit
  getrlimit: {
    parameters: [
      "i32", // int resource
      "buffer", // struct rlimit *rlim
    ],
    result: "i32",
  },
  // man 2 sched_setaffinity
  sched_setaffinity: {
    parameters: [
      "i32", // pid_t pid
      "usize", // size_t cpusetsize
      "buffer", // const cpu_set_t *mask
    ],
    result: "i32",
  },
  // man 2 sched_getaffinity
  sched_getaffinity: {
    parameters: [
      "i32", // pid_t pid
      "usize", // size_t cpusetsize
      "buffer", // cpu_set_t *mask
    ],
    result: "i32",
  },
  // man 2 prctl
  prctl: {
    parameters: [
      "i32", // int option
      "usize", // ... unsigned long arg2
      "usize", // ... unsigned long arg3
      "usize", // ... unsigned long arg4
      "usize", // ... unsigned long arg5
    ],
    result: "i32",
  },
  // man 2 sbrk
  sbrk: {
    parameters: ["isize"], // intptr_t increment
    result: "usize",
  },
  // man 3 malloc_trim; size_t pad
  malloc_trim: { parameters: ["usize"], result: "i32" },
  // man 2 _exit; int status
  _exit: { parameters: ["i32"], result: "void" },
  // man 3 pthread_sigmask; returns an errno, does not set it
  pthread_sigmask: {
    parameters: [
      "i32", // int how
      "buffer", // const sigset_t *set
      "buffer", // sigset_t *oldset
    ],
    result: "i32",
  },
  // man 2 signalfd
  signalfd: {
    parameters: [
      "i32", // int fd
      "buffer", // const sigset_t *mask
      "i32", // int flags
    ],
    result: "i32",
  },
  // man 2 read; on a thread of its own, where errno is lost: decide by the
  // value it returns.
  waitingRead: {
    name: "read",
    nonblocking: true,
    parameters: [
      "i32", // int fd
      "buffer", // void *buf
      "usize", // size_t count
    ],
    result: "isize",
  },
  // man 2 madvise
  madvise: {
    parameters: [
      "usize", // void *addr
      "usize", // size_t length
      "i32", // int advice
    ],
    result: "i32",
  },
  // man 2 execve
  execve: {
    parameters: [
      "buffer", // const char *pathname
      "buffer", // char *const argv[]
      "buffer", // char *const envp[]
    ],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;
