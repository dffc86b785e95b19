/*
 * What mysqld needs and a bare machine lacks. MySQL 8.0 is linked against libaio and libnuma but
 * works without what they do: asynchronous input and output is switched off by
 * --innodb-use-native-aio=0, and NUMA is not used unless asked for. So each symbol answers "not
 * available". Built once, from this directory, with gcc 12 on x86-64:
 *
 *   R=../resources/io/unifiedcatalog/testing; F="-Os -s -shared -fPIC -nostartfiles -Wall -Werror"
 *   gcc $F -DAIO  -Wl,-soname,libaio.so.1  -Wl,--version-script=libaio.map  -o $R/libaio.so.1  mysqld-libraries.c
 *   gcc $F -DNUMA -Wl,-soname,libnuma.so.1 -Wl,--version-script=libnuma.map -o $R/libnuma.so.1 mysqld-libraries.c -pthread
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>

#ifdef AIO
int io_setup(void) { return -ENOSYS; }
int io_submit(void) { return -ENOSYS; }
int io_getevents(void) { return -ENOSYS; }
#endif

#ifdef NUMA
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* The oldest versions of these symbols, so that the library loads beside an older glibc too. */
__asm__(".symver pthread_create,pthread_create@GLIBC_2.2.5");
__asm__(".symver pthread_detach,pthread_detach@GLIBC_2.2.5");
__asm__(".symver pthread_sigmask,pthread_sigmask@GLIBC_2.2.5");

int numa_available(void) { return -1; }
void *numa_alloc_local(size_t size) { return malloc(size); }
void numa_free(void *memory, size_t size) { (void)size; free(memory); }
void *numa_get_mems_allowed(void) { return NULL; }
void numa_bitmask_free(void *mask) { (void)mask; }
long mbind(void) { errno = ENOSYS; return -1; }
long set_mempolicy(void) { errno = ENOSYS; return -1; }

/*
 * A server must not outlive the program that started it, however that died: the program holds the
 * other end of standard input and never writes, so the end of input is the program's end.
 */
static void *end_with_input(void *unused) {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) != 0) {
  }
  kill(getpid(), SIGKILL);
  return unused;
}

__attribute__((constructor)) static void watch_input(void) {
  if (getenv("MYSQLD_ENDS_WITH_INPUT") == NULL) return;
  /* The thread takes no signals: mysqld expects them in a thread of its own. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  if (pthread_create(&thread, NULL, end_with_input, NULL) == 0) pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}
#endif
