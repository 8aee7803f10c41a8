/* The part of the command that copies streams: nothing lost, nothing held up. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "pump.h"

#define LIMIT_MS 20000

struct fixture {
    int source[2], target[2]; /* pipes: [1] is written to */
    struct tri_pump pump;
    int ended; /* eventfd: the pump saw the end */
};

static void tell_ended(void *context)
{
    struct fixture *fixture = context;

    eventfd_write(fixture->ended, 1);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_int_equal(pipe2(fixture->source, O_CLOEXEC), 0);
    assert_int_equal(pipe2(fixture->target, O_CLOEXEC), 0);
    fixture->ended = eventfd(0, EFD_CLOEXEC);
    fixture->pump = (struct tri_pump){
        .from = fixture->source[0],
        .to = fixture->target[1],
        .stop_fd = eventfd(0, EFD_CLOEXEC),
        .done_fd = eventfd(0, EFD_CLOEXEC),
        .ended = tell_ended,
        .context = fixture,
    };
    *state = fixture;
    return 0;
}

static bool readable(int fd, int timeout_ms)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, timeout_ms) > 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    eventfd_t count;

    close_fd(&fixture->source[1]);
    close_fd(&fixture->target[0]);
    eventfd_write(fixture->pump.stop_fd, 1);
    assert_true(readable(fixture->pump.done_fd, LIMIT_MS));
    eventfd_read(fixture->pump.done_fd, &count);
    close_fd(&fixture->source[0]);
    close_fd(&fixture->target[1]);
    close(fixture->pump.stop_fd);
    close(fixture->pump.done_fd);
    close(fixture->ended);
    free(fixture);
    return 0;
}

static void read_exactly(int fd, char *bytes, size_t size)
{
    for (size_t have = 0; have < size;) {
        assert_true(readable(fd, LIMIT_MS));
        ssize_t n = read(fd, bytes + have, size - have);
        assert_true(n > 0);
        have += (size_t)n;
    }
}

static void expect_text(int fd, const char *text)
{
    char bytes[64];

    read_exactly(fd, bytes, strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static void bytes_arrive_and_then_the_end(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(tri_pump_start(&fixture->pump), 0);
    assert_int_equal(write(fixture->source[1], "one", 3), 3);
    expect_text(fixture->target[0], "one");
    assert_false(readable(fixture->ended, 0));
    close_fd(&fixture->source[1]);
    assert_true(readable(fixture->ended, LIMIT_MS));
}

static void *write_numbers(void *argument)
{
    const struct fixture *fixture = argument;

    for (uint32_t i = 0; i < 200000; i++)
        if (write(fixture->source[1], &i, sizeof(i)) != sizeof(i))
            break;
    return NULL;
}

static void much_arrives_in_order_through_a_slow_reader(void **state)
{
    struct fixture *fixture = *state;
    pthread_t writer;
    uint32_t number;

    assert_int_equal(tri_pump_start(&fixture->pump), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_numbers, fixture), 0);
    for (uint32_t i = 0; i < 200000; i++) {
        read_exactly(fixture->target[0], (char *)&number, sizeof(number));
        assert_int_equal(number, i);
    }
    pthread_join(writer, NULL);
}

static void a_target_that_does_not_block_is_waited_for(void **state)
{
    struct fixture *fixture = *state;

    fcntl(fixture->target[1], F_SETFL, O_NONBLOCK);
    much_arrives_in_order_through_a_slow_reader(state);
}

/* splice refuses files that are appended to. */
static void a_file_that_is_appended_to_is_copied_to(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/trireme-pump-XXXXXX";
    int fd = mkostemp(path, O_APPEND | O_CLOEXEC);

    unlink(path);
    assert_int_equal(dup3(fd, fixture->target[1], O_CLOEXEC), fixture->target[1]);
    assert_int_equal(tri_pump_start(&fixture->pump), 0);
    assert_int_equal(write(fixture->source[1], "appended", 8), 8);
    close_fd(&fixture->source[1]);
    assert_true(readable(fixture->ended, LIMIT_MS));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    expect_text(fd, "appended");
    close(fd);
}

static void a_target_that_is_gone_ends_it_without_a_signal(void **state)
{
    struct fixture *fixture = *state;

    close_fd(&fixture->target[0]);
    assert_int_equal(tri_pump_start(&fixture->pump), 0);
    assert_int_equal(write(fixture->source[1], "x", 1), 1);
    assert_true(readable(fixture->ended, LIMIT_MS));
}

static void a_stopped_one_copies_what_is_there_and_ends_in_silence(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(write(fixture->source[1], "left over", 9), 9);
    eventfd_write(fixture->pump.stop_fd, 1);
    assert_int_equal(tri_pump_start(&fixture->pump), 0);
    expect_text(fixture->target[0], "left over");
    assert_false(readable(fixture->ended, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_arrive_and_then_the_end),
        TEST(much_arrives_in_order_through_a_slow_reader),
        TEST(a_target_that_does_not_block_is_waited_for),
        TEST(a_file_that_is_appended_to_is_copied_to),
        TEST(a_target_that_is_gone_ends_it_without_a_signal),
        TEST(a_stopped_one_copies_what_is_there_and_ends_in_silence),
    };

    return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
