/* Process 1 of a container: reaps what is left to it, and ends the container when it is asked to. It runs in a root file
 * system of which nothing is known, not even that there is a /proc, and stays as long as the container: so it links no
 * C library and has no state but its stack.
 *
 * All signals stay blocked and are waited for: a blocked signal is kept for process 1 too, whereas one without a handler
 * would be thrown away. */
#include <linux/wait.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

enum { GRACE_S = 10, STEP_MAX_NS = 100000000, STEP_FIRST_NS = 1000000, KERNEL_SIGSET_BYTES = 8 };
enum { NO_PROCESS = -3 /* ESRCH */ };

#if defined(__x86_64__)
static long call4(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return number;
}
#elif defined(__aarch64__)
static long call4(long number, long a, long b, long c, long d)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
#else
#error "trireme-init needs the system call instruction of this processor"
#endif

static const uint64_t all_signals = ~0ull;

static void reap(void)
{
    while (call4(SYS_wait4, -1, 0, WNOHANG, 0) > 0)
        ;
}

/* The next signal, or a negative number when timeout (NULL: none) has passed. */
static long next_signal(const struct timespec *timeout)
{
    return call4(SYS_rt_sigtimedwait, (long)&all_signals, 0, (long)timeout, KERNEL_SIGSET_BYTES);
}

static int64_t now_ns(void)
{
    struct timespec now = {0, 0};
    call4(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static int is_alone(void)
{
    reap();
    return call4(SYS_kill, -1, 0, 0, 0) == NO_PROCESS;
}

/* Asks everybody to end, and gives them time. Processes that were started from outside have their parent there, so that
 * their end is no signal here, and without /proc none can be watched: hence we look again, less and less often. */
static void end_all(void)
{
    int64_t deadline_ns = now_ns() + GRACE_S * 1000000000ll;
    struct timespec step = {0, STEP_FIRST_NS};
    call4(SYS_kill, -1, SIGTERM, 0, 0);
    while (!is_alone() && now_ns() < deadline_ns) {
        next_signal(&step);
        if (step.tv_nsec < STEP_MAX_NS)
            step.tv_nsec *= 2;
    }
    call4(SYS_kill, -1, SIGKILL, 0, 0);
}

__attribute__((noreturn)) static void leave(int status)
{
    for (;;)
        call4(SYS_exit_group, status, 0, 0, 0);
}

/* The shim waits for the end of our standard output: from now on no signal is lost. */
static void tell_ready(void)
{
    for (long fd = 0; fd < 3; fd++)
        call4(SYS_close, fd, 0, 0, 0);
}

/* kill(-1) of any other process than a container's first would reach the whole host. */
__attribute__((noreturn, used)) void _start(void);
void _start(void)
{
    if (call4(SYS_getpid, 0, 0, 0, 0) != 1)
        leave(1);
    call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all_signals, 0, KERNEL_SIGSET_BYTES);
    tell_ready();
    for (long signal_number = 0; signal_number != SIGTERM && signal_number != SIGINT; signal_number = next_signal(NULL))
        reap();
    end_all();
    leave(0);
}
