/* Makes system calls that a container must not make, and prints what each one answered: "name errno", 0 for success.
   Nothing here changes the host even where a call goes through: arguments are invalid or the effect is the process's. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void tell(const char *name, long answer) { printf("%s %d\n", name, answer < 0 ? errno : 0); }

/* Each in a child of its own, so that one that goes through does not change the next. */
#define TRY(name, call)                                                                                                \
    do {                                                                                                               \
        fflush(stdout);                                                                                                \
        pid_t child = fork();                                                                                          \
        if (child == 0) {                                                                                              \
            tell(name, call);                                                                                          \
            fflush(stdout);                                                                                            \
            _exit(0);                                                                                                  \
        }                                                                                                              \
        waitpid(child, NULL, 0);                                                                                       \
    } while (0)

static long clone_with(unsigned long flags) {
    long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return pid;
}

static long set_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_nsec = -1; /* EINVAL where it is allowed */
    return syscall(SYS_clock_settime, CLOCK_REALTIME, &now);
}

static long open_handle(void) {
    struct {
        unsigned bytes;
        int type;
        char handle[8];
    } handle = {8, 1, {0}};
    return syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY);
}

/* Another user's process: root without CAP_SYS_PTRACE may not. */
static long trace_other_user(void) {
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        return -1;
    pid_t other = fork();
    if (other == 0) {
        if (setgid(1234) < 0 || setuid(1234) < 0)
            _exit(1);
        write(ready[1], "x", 1);
        pause();
    }
    read(ready[0], &byte, 1);
    long answer = ptrace(PTRACE_ATTACH, other, 0, 0);
    int error = errno;
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    errno = error;
    return answer;
}

static long call_i386(long number, long first) {
#ifdef __x86_64__
    long answer;
    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(number), "b"(first), "c"(0L), "d"(0L) : "r8", "r9", "r10", "r11", "memory");
    if ((int)answer < 0) {
        errno = -(int)answer;
        return -1;
    }
    return answer;
#else
    errno = EPERM;
    return -1;
#endif
}

int main(int count, char **words) {
    char buffer[512] = {0};
    if (count > 1) { /* the serial number of the session keyring */
        printf("%ld\n", syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3, 0));
        return 0;
    }
    TRY("getpid", syscall(SYS_getpid));
    TRY("unshare-user", unshare(CLONE_NEWUSER));
    TRY("unshare-mount", unshare(CLONE_NEWNS));
    TRY("mount", syscall(SYS_mount, "none", "/nowhere", "tmpfs", 0, 0));
    TRY("umount", syscall(SYS_umount2, "/nowhere", 0));
    TRY("pivot_root", syscall(SYS_pivot_root, "/nowhere", "/nowhere"));
    TRY("setns", syscall(SYS_setns, -1, 0));
    TRY("keyctl", syscall(SYS_keyctl, 0, -3, 0));
    TRY("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -2));
    TRY("bpf", syscall(SYS_bpf, 5 /* PROG_LOAD */, buffer, 8));
    TRY("perf_event_open", syscall(SYS_perf_event_open, 0, 0, -1, -1, 0));
    TRY("ptrace-other-user", trace_other_user());
    TRY("ptrace-traceme", ptrace(PTRACE_TRACEME, 0, 0, 0));
    TRY("clone", clone_with(0));
    TRY("clone-user", clone_with(CLONE_NEWUSER));
    TRY("clone-net", clone_with(CLONE_NEWNET));
    TRY("clone3", syscall(SYS_clone3, 0, 0));
    TRY("clock_settime", set_clock());
    TRY("open_by_handle_at", open_handle());
    TRY("userfaultfd", syscall(SYS_userfaultfd, 0x7fffffff));
    TRY("io_uring_setup", syscall(SYS_io_uring_setup, 0, 0));
    TRY("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0xffffffff));
    TRY("init_module", syscall(SYS_init_module, 0, 0, 0));
    TRY("swapon", syscall(SYS_swapon, "/nowhere", 0));
    TRY("personality", syscall(SYS_personality, 0x0040000));
    TRY("socket-inet", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    TRY("socket-alg", syscall(SYS_socket, 38, SOCK_SEQPACKET, 0));
    TRY("socket-vsock", syscall(SYS_socket, 40, SOCK_STREAM, 0));
    TRY("newer-than-all", syscall(100000));
    TRY("i386-getpid", call_i386(20, 0));
    TRY("i386-unshare", call_i386(310, CLONE_NEWUSER));
    TRY("i386-mount", call_i386(21, 0));
    return 0;
}
