"""trireme run -t: a terminal in the container, and ours handed over to it."""
import os
import re
import signal
import termios

from harness import Terminal, eventually, main, need_containers, trapping


def the_command_sees_a_terminal_of_our_size(trireme):
    with Terminal(trireme, "run", "-it", "sh", "-c", "test -t 0 && test -t 1 && test -t 2 && stty size") as terminal:
        terminal.expect(rb"33 101\r\n")
        assert terminal.wait() == 0


def a_new_size_reaches_the_command(trireme):
    script = "trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.1; done"
    with Terminal(trireme, "run", "-it", "sh", "-c", script) as terminal:
        terminal.expect(rb"ready\r\n")
        terminal.resize(40, 120)
        terminal.expect(rb"40 120\r\n")
        assert terminal.wait() == 4


def keys_go_to_the_command_and_ctrl_c_interrupts_it(trireme):
    script = ("import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print('ready', flush=True)\n"
              "time.sleep(60); print('not-reached')")
    with Terminal(trireme, "run", "-it", "python3", "-c", script) as terminal:
        terminal.expect(rb"ready\r\n")
        terminal.type(b"\x03")
        status = terminal.wait()
        assert status == 130, (status, terminal.seen)
        assert b"not-reached" not in terminal.seen


def a_shell_takes_commands_and_ends_at_ctrl_d(trireme):
    with Terminal(trireme, "run", "-it", "sh") as terminal:
        terminal.type(b"echo $((6 * 7))\n")
        terminal.expect(rb"[^0-9]42\r\n")
        terminal.type(b"\x04")
        assert terminal.wait() == 0


def the_terminal_is_as_before_afterwards(trireme):
    for script in ("exit 0", "kill -9 $$"):
        with Terminal(trireme, "run", "-it", "sh", "-c", f"echo ready; read line; {script}") as terminal:
            terminal.expect(rb"ready\r\n")
            raw = terminal.attributes()
            assert not raw[3] & termios.ICANON, "keys are not handed through as they are typed"
            terminal.type(b"\n")
            terminal.wait()
            assert terminal.attributes()[3] & termios.ICANON and terminal.attributes()[3] & termios.ECHO


def a_signal_that_ends_the_run_restores_the_terminal(trireme):
    with Terminal(trireme, "run", "-it", "sh", "-c", "echo ready; exec sleep 60") as terminal:
        terminal.expect(rb"ready\r\n")
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.wait() == 143
        assert terminal.attributes()[3] & termios.ICANON


def without_interactive_ctrl_c_is_a_signal_for_the_command(trireme):
    script = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.1; done"
    with Terminal(trireme, "run", "sh", "-c", script) as terminal:
        terminal.expect(rb"ready\r\n")
        terminal.type(b"\x03")
        terminal.expect(rb"caught")
        assert terminal.wait() == 9


def exec_gets_a_terminal_too(trireme):
    name = trireme.detached("sleep", "600")
    with Terminal(trireme, "exec", "-it", name, "sh", "-c", "stty size; read line; echo got-$line") as terminal:
        terminal.expect(rb"33 101\r\n")
        terminal.type(b"it\n")
        terminal.expect(rb"got-it\r\n")
        assert terminal.wait() == 0
    trireme.text("stop", "-t", "0", name)


def a_terminal_without_one_of_our_own_ends_its_input_with_ours(trireme):
    done = trireme("run", "-it", "cat", input=b"a line\n")
    assert done.returncode == 0 and b"a line" in done.stdout, done


def a_hang_up_ends_the_container(trireme):
    with Terminal(trireme, "run", "-it", "sh", "-c", "echo ready; exec sleep 60") as terminal:
        terminal.expect(rb"ready\r\n")
    assert eventually(lambda: not trireme.processes()), trireme.processes()


def long_work_shows_a_line_and_removes_it(trireme):
    name = trapping(trireme, "'' TERM")
    with Terminal(trireme, "stop", "-t", "2", name) as terminal:
        terminal.expect(rb"stopping " + name.encode())
        assert terminal.wait() == 0
        assert re.search(rb"\r\x1b\[K" + name.encode() + rb"\r\n$", terminal.seen), terminal.seen


if __name__ == "__main__":
    main([the_command_sees_a_terminal_of_our_size, a_new_size_reaches_the_command,
          keys_go_to_the_command_and_ctrl_c_interrupts_it, a_shell_takes_commands_and_ends_at_ctrl_d,
          the_terminal_is_as_before_afterwards, a_signal_that_ends_the_run_restores_the_terminal,
          without_interactive_ctrl_c_is_a_signal_for_the_command, exec_gets_a_terminal_too,
          a_terminal_without_one_of_our_own_ends_its_input_with_ours, a_hang_up_ends_the_container,
          long_work_shows_a_line_and_removes_it], need_containers)
