/*
 * Makes a program fail on demand, for both sides of the differential suite: it
 * is preloaded, and does what the file named by DIFF_FAULT says at that moment.
 *
 *   nofork   fork() and posix_spawnp() fail with EAGAIN, as at RLIMIT_NPROC
 *   exit N   a worker of nginx exits with N in its initialisation, at its
 *   hang     prctl(PR_SET_DUMPABLE); or never comes out of it
 *
 * procmgr's workers are made to fail by their app instead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static char path[4096];

/* Early: nginx's process title overwrites the environment. */
__attribute__((constructor)) static void remember(void) {
  const char *named = getenv("DIFF_FAULT");
  if (named != NULL) strncpy(path, named, sizeof(path) - 1);
}

static int fault(char *text, size_t size) {
  FILE *file = path[0] ? fopen(path, "r") : NULL;
  if (file == NULL) return 0;
  size_t count = fread(text, 1, size - 1, file);
  text[count] = 0;
  fclose(file);
  return count > 0;
}

static int no_fork(void) {
  char text[64];
  return fault(text, sizeof(text)) && strncmp(text, "nofork", 6) == 0;
}

pid_t fork(void) {
  if (no_fork()) {
    errno = EAGAIN;
    return -1;
  }
  pid_t (*real)(void) = dlsym(RTLD_NEXT, "fork");
  return real();
}

typedef int spawn_fn(pid_t *, const char *, const posix_spawn_file_actions_t *,
                     const posix_spawnattr_t *, char *const[], char *const[]);

int posix_spawnp(pid_t *pid, const char *file,
                 const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[],
                 char *const envp[]) {
  if (no_fork()) return EAGAIN;
  spawn_fn *real = (spawn_fn *)dlsym(RTLD_NEXT, "posix_spawnp");
  return real(pid, file, actions, attributes, argv, envp);
}

int prctl(int option, ...) {
  unsigned long value[4];
  va_list list;
  va_start(list, option);
  for (int i = 0; i < 4; i++) value[i] = va_arg(list, unsigned long);
  va_end(list);
  char text[64];
  if (option == PR_SET_DUMPABLE && fault(text, sizeof(text))) {
    int code;
    if (sscanf(text, "exit %d", &code) == 1) _exit(code);
    if (strncmp(text, "hang", 4) == 0) for (;;) pause();
  }
  int (*real)(int, ...) = dlsym(RTLD_NEXT, "prctl");
  return real(option, value[0], value[1], value[2], value[3]);
}
