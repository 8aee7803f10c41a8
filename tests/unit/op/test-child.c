/* Child processes: how they start, fail, end, and that the host program does not notice. */
#include "op-test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "op/child.h"

#define SHELL(script_)                                                                                                 \
    {                                                                                                                  \
        .argv = (const char *const[]){"sh", "-c", (script_), NULL}, .folder_fd = -1                                    \
    }

struct ran {
    int status;
    char *output, *error_text;
};

static void ran_clear(struct ran *ran)
{
    free(ran->output);
    free(ran->error_text);
}

static void run(const struct tri_child_params *params, const char *input, size_t max, struct ran *ret)
{
    struct tri_error error = {0};
    int r = tri_child_run(params, input, patience(), max, &ret->output, &ret->error_text, &ret->status, &error);
    if (r < 0)
        fail_msg("%s", error.text);
}

static void a_program_reads_its_input_and_both_its_outputs_are_kept(void **state)
{
    struct tri_child_params params = SHELL("cat; echo wrong >&2; exit 3");
    struct ran ran;
    run(&params, "some\ntext", 1000, &ran);
    assert_string_equal(ran.output, "some\ntext");
    assert_string_equal(ran.error_text, "wrong\n");
    assert_true(WIFEXITED(ran.status));
    assert_int_equal(WEXITSTATUS(ran.status), 3);
    ran_clear(&ran);
}

static void output_is_bounded_and_the_program_still_ends(void **state)
{
    struct tri_child_params params = SHELL("head -c 3000000 /dev/zero | tr '\\0' x; echo done >&2");
    struct ran ran;
    run(&params, NULL, 1000, &ran);
    assert_int_equal(strlen(ran.output), 1000);
    assert_string_equal(ran.error_text, "done\n");
    assert_int_equal(ran.status, 0);
    ran_clear(&ran);
}

static void output_that_nobody_wants_goes_nowhere(void **state)
{
    struct tri_child_params params = SHELL("head -c 300000 /dev/zero; exit 4");
    int status;
    assert_int_equal(tri_child_run(&params, NULL, patience(), 0, NULL, NULL, &status, NULL), 0);
    assert_int_equal(WEXITSTATUS(status), 4);
}

static void a_program_that_is_not_there_fails_at_exec(void **state)
{
    struct tri_error error = {0};
    struct tri_child child = {.pidfd = -1};
    const char *const there_is_none[] = {"there-is-no-such-program", NULL};
    struct tri_child_params params = {.argv = there_is_none, .folder_fd = -1};
    assert_int_equal(tri_child_start(&params, &child, &error), -ENOENT);
    assert_string_equal(error.text, "exec there-is-no-such-program: No such file or directory");
    assert_int_equal(child.pidfd, -1);
    tri_error_clear(&error);
}

static void a_file_that_cannot_be_executed_fails_at_exec(void **state)
{
    struct tri_error error = {0};
    struct tri_child child;
    const char *const paths[] = {"/dev/null", "/proc/self/status", "/"};
    for (int i = 0; i < 3; i++) {
        const char *const argv[] = {paths[i], NULL};
        struct tri_child_params params = {.argv = argv, .folder_fd = -1};
        assert_int_equal(tri_child_start(&params, &child, &error), -EACCES);
        assert_non_null(strstr(error.text, "exec /"));
        tri_error_clear(&error);
    }
}

static void a_bad_folder_or_descriptor_is_named(void **state)
{
    struct tri_error error = {0};
    struct tri_child child;
    struct tri_child_params params = SHELL("exit 0");
    params.folder_fd = 1000000;
    assert_int_equal(tri_child_start(&params, &child, &error), -EBADF);
    assert_non_null(strstr(error.text, "enter folder of sh"));
    tri_error_clear(&error);
    params.folder_fd = -1;
    params.fds = (const int[]){-1, -1, -1, 1000000};
    params.fd_count = 4;
    assert_int_equal(tri_child_start(&params, &child, &error), -EBADF);
    assert_non_null(strstr(error.text, "hand descriptors to sh"));
    tri_error_clear(&error);
}

static void a_child_has_the_descriptors_that_it_was_given_and_no_others(void **state)
{
    int inherited = open("/dev/null", O_RDONLY); /* not close-on-exec: must not arrive all the same */
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    struct tri_child_params params = SHELL("ls /proc/self/fd | tr '\\n' ' '; echo swapped >&4");
    params.fds = (const int[]){-1, -1, -1, -1, pipes[1]};
    params.fd_count = 5;
    struct ran ran;
    char text[32] = "";
    run(&params, NULL, 1000, &ran);
    assert_string_equal(ran.output, "0 1 2 3 4 "); /* 3 is ls reading the folder */
    assert_int_equal(read(pipes[0], text, sizeof(text) - 1), 8);
    assert_string_equal(text, "swapped\n");
    ran_clear(&ran);
    close(pipes[0]), close(pipes[1]), close(inherited);
}

static void descriptors_may_change_places(void **state)
{
    struct tri_child child = {.pidfd = -1};
    int one[2], two[2], status;
    char text[8] = "";
    assert_int_equal(pipe2(one, O_CLOEXEC), 0);
    assert_int_equal(pipe2(two, O_CLOEXEC), 0);
    struct tri_child_params params = SHELL("echo 1; echo 2 >&2");
    params.fds = (const int[]){2, one[1], two[1]};
    params.fd_count = 3;
    assert_int_equal(tri_child_start(&params, &child, NULL), 0);
    assert_int_equal(tri_child_wait(&child, patience(), &status), 0);
    assert_int_equal(read(one[0], text, sizeof(text)), 2);
    assert_int_equal(text[0], '1');
    assert_int_equal(read(two[0], text, sizeof(text)), 2);
    assert_int_equal(text[0], '2');
    close(one[0]), close(one[1]), close(two[0]), close(two[1]);
}

static void a_child_begins_with_default_signals_in_its_folder_and_session(void **state)
{
    struct tri_child_params params =
        SHELL("grep -E 'SigBlk|SigIgn' /proc/self/status; pwd; test $(ps -o sid= -p $$) = $$ && echo leads");
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct ran ran;
    sigset_t all, before;
    params.folder_fd = root;
    params.new_session = true;
    sigfillset(&all);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    run(&params, NULL, 1000, &ran);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
    assert_string_equal(ran.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n/\nleads\n");
    ran_clear(&ran);
    close(root);
}

static void the_environment_is_the_one_given(void **state)
{
    const char *const env[] = {"ONLY=this", NULL};
    const char *const argv[] = {"env", NULL};
    struct tri_child_params params = {.argv = argv, .envp = env, .folder_fd = -1};
    struct ran ran;
    run(&params, NULL, 1000, &ran);
    assert_string_equal(ran.output, "ONLY=this\n");
    ran_clear(&ran);
}

static _Atomic unsigned signals_seen;

static void on_child_signal(int number)
{
    atomic_fetch_add(&signals_seen, 1);
}

static void the_host_sees_no_signal_and_has_no_child_to_wait_for(void **state)
{
    struct tri_child child = {.pidfd = -1};
    struct tri_child_params params = SHELL("exit 7");
    int status;
    signal(SIGCHLD, on_child_signal);
    assert_int_equal(tri_child_start(&params, &child, NULL), 0);
    assert_int_equal(waitpid(-1, &status, 0), -1); /* a stranger who waits for any child */
    assert_int_equal(errno, ECHILD);
    assert_int_equal(waitpid(child.pid, &status, 0), -1);
    assert_int_equal(tri_child_wait(&child, patience(), &status), 0);
    assert_int_equal(WEXITSTATUS(status), 7);
    for (int i = 0; i < 20; i++)
        assert_int_equal(tri_child_run(&params, NULL, patience(), 0, NULL, NULL, &status, NULL), 0);
    assert_int_equal(signals_seen, 0);
    signal(SIGCHLD, SIG_IGN); /* the host does not want to know: we still do */
    assert_int_equal(tri_child_run(&params, NULL, patience(), 0, NULL, NULL, &status, NULL), 0);
    assert_int_equal(WEXITSTATUS(status), 7);
    signal(SIGCHLD, SIG_DFL);
}

static void a_wait_times_out_and_finish_kills(void **state)
{
    struct tri_child child = {.pidfd = -1};
    struct tri_child_params params = SHELL("exec sleep 1000");
    int status = 12;
    assert_int_equal(tri_child_start(&params, &child, NULL), 0);
    pid_t pid = child.pid;
    assert_int_equal(tri_child_wait(&child, tri_deadline_ns(10), &status), -ETIMEDOUT);
    assert_int_equal(status, 12);
    assert_int_equal(kill(pid, 0), 0);
    tri_child_finish(&child);
    assert_int_equal(kill(pid, 0), -1);
    tri_child_finish(&child);
    assert_int_equal(tri_child_wait(&child, patience(), &status), -ECHILD);
}

static void a_signal_is_told_as_one(void **state)
{
    struct tri_child_params params = SHELL("kill -TERM $$");
    int status;
    assert_int_equal(tri_child_run(&params, NULL, patience(), 0, NULL, NULL, &status, NULL), 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void a_program_is_killed_at_its_deadline(void **state)
{
    struct tri_child_params params = SHELL("echo begun; exec sleep 1000");
    struct tri_error error = {0};
    char *output = NULL;
    int status = 12;
    assert_int_equal(tri_child_run(&params, NULL, tri_deadline_ns(50), 100, &output, NULL, &status, &error),
                     -ETIMEDOUT);
    assert_null(output);
    assert_int_equal(status, 12);
    assert_non_null(strstr(error.text, "killed"));
    tri_error_clear(&error);
}

static void the_end_is_that_of_the_program_not_of_who_inherited_its_output(void **state)
{
    struct tri_child_params params = SHELL("sleep 1000 & echo $!");
    struct ran ran;
    run(&params, NULL, 100, &ran);
    pid_t left = atoi(ran.output);
    assert_true(left > 1);
    assert_int_equal(kill(left, SIGKILL), 0);
    ran_clear(&ran);
}

static void *run_many(void *data)
{
    for (int i = 0; i < 50; i++) {
        struct tri_child_params params = SHELL("read line; echo $line");
        char *output;
        int status;
        if (tri_child_run(&params, "ping", patience(), 100, &output, NULL, &status, NULL) < 0)
            return "not run";
        bool right = strcmp(output, "ping\n") == 0 && status == 0;
        free(output);
        if (!right)
            return "another program's output";
    }
    return NULL;
}

static void threads_run_programs_at_the_same_time(void **state)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *complaint;
        pthread_join(threads[i], &complaint);
        if (complaint)
            fail_msg("%s", (char *)complaint);
    }
}

/* The thread that started a child may end before it: nothing of the child's lives on that thread. */
static void *start_and_leave(void *data)
{
    struct tri_child_params params = SHELL("read line; exit 9");
    int *input = data;
    static struct tri_child child;
    params.fds = input;
    params.fd_count = 1;
    return tri_child_start(&params, &child, NULL) == 0 ? &child : NULL;
}

static void a_child_outlives_the_thread_that_started_it(void **state)
{
    int input[2], status;
    pthread_t thread;
    void *child;
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&thread, NULL, start_and_leave, input), 0);
    pthread_join(thread, &child);
    assert_non_null(child);
    assert_int_equal(tri_child_wait(child, tri_deadline_ns(20), &status), -ETIMEDOUT);
    assert_int_equal(write(input[1], "\n", 1), 1);
    assert_int_equal(tri_child_wait(child, patience(), &status), 0);
    assert_int_equal(WEXITSTATUS(status), 9);
    close(input[0]), close(input[1]);
}

/* ---- when the host ends ---- */

/* This program as a host: starts a child, tells its pid, and ends without finishing it. */
static int be_host(bool ends_with_parent)
{
    struct tri_child child = {.pidfd = -1};
    struct tri_child_params params = SHELL("exec sleep 1000");
    params.ends_with_parent = ends_with_parent;
    if (tri_child_start(&params, &child, NULL) < 0)
        return 1;
    printf("%d", child.pid);
    fflush(stdout);
    _exit(0);
}

static pid_t parent_of(pid_t pid)
{
    char path[64];
    int parent = -1;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%*d (%*[^)]) %*c %d", &parent) != 1)
        parent = -1;
    if (file)
        fclose(file);
    return parent;
}

static void a_keeper_ends_with_its_host_and_the_child_goes_on(void **state)
{
    const char *const argv[] = {"/proc/self/exe", "be-host", NULL};
    struct tri_child_params params = {.argv = argv, .folder_fd = -1};
    struct ran ran;
    int status;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* so that the orphan becomes ours */
    run(&params, NULL, 100, &ran);
    pid_t left = atoi(ran.output);
    ran_clear(&ran);
    assert_true(left > 1);
    EVENTUALLY(parent_of(left) == getpid());
    assert_int_equal(kill(left, SIGKILL), 0);
    assert_int_equal(waitpid(left, &status, 0), left);
    EVENTUALLY(waitpid(-1, &status, __WALL) < 0); /* the keeper, an orphan too, is gone */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void a_child_that_ends_with_its_parent_is_killed_when_the_host_is_gone(void **state)
{
    const char *const argv[] = {"/proc/self/exe", "be-host", "together", NULL};
    struct tri_child_params params = {.argv = argv, .folder_fd = -1};
    struct ran ran;
    int status;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    run(&params, NULL, 100, &ran);
    pid_t left = atoi(ran.output);
    ran_clear(&ran);
    assert_true(left > 1);
    siginfo_t ended = {0};
    EVENTUALLY(waitid(P_PID, (id_t)left, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == left);
    assert_int_equal(waitpid(left, &status, 0), left);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    EVENTUALLY(waitpid(-1, &status, __WALL) < 0);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* The child of a fork has none of the library's threads; it may execute another program, and the parent goes on. */
static void a_fork_leaves_the_parent_unharmed(void **state)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    for (int i = 0; i < 20; i++) {
        int status;
        assert_int_equal(tri_op_submit(op, NULL, &at_once, NULL), 0);
        pid_t pid = fork();
        if (pid == 0) {
            execl("/bin/sh", "sh", "-c", "exit 5", NULL);
            _exit(1);
        }
        assert_int_equal(tri_op_wait(op, patience()), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WEXITSTATUS(status), 5);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return be_host(argc > 2);

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_reads_its_input_and_both_its_outputs_are_kept),
        cmocka_unit_test(output_is_bounded_and_the_program_still_ends),
        cmocka_unit_test(output_that_nobody_wants_goes_nowhere),
        cmocka_unit_test(a_program_that_is_not_there_fails_at_exec),
        cmocka_unit_test(a_file_that_cannot_be_executed_fails_at_exec),
        cmocka_unit_test(a_bad_folder_or_descriptor_is_named),
        cmocka_unit_test(a_child_has_the_descriptors_that_it_was_given_and_no_others),
        cmocka_unit_test(descriptors_may_change_places),
        cmocka_unit_test(a_child_begins_with_default_signals_in_its_folder_and_session),
        cmocka_unit_test(the_environment_is_the_one_given),
        cmocka_unit_test(the_host_sees_no_signal_and_has_no_child_to_wait_for),
        cmocka_unit_test(a_wait_times_out_and_finish_kills),
        cmocka_unit_test(a_signal_is_told_as_one),
        cmocka_unit_test(a_program_is_killed_at_its_deadline),
        cmocka_unit_test(the_end_is_that_of_the_program_not_of_who_inherited_its_output),
        cmocka_unit_test(threads_run_programs_at_the_same_time),
        cmocka_unit_test(a_child_outlives_the_thread_that_started_it),
        cmocka_unit_test(a_keeper_ends_with_its_host_and_the_child_goes_on),
        cmocka_unit_test(a_child_that_ends_with_its_parent_is_killed_when_the_host_is_gone),
        cmocka_unit_test(a_fork_leaves_the_parent_unharmed),
    };
    return cmocka_run_group_tests_name("op child", tests, begin, finish);
}
