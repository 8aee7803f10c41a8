"""trireme run: a program in a new container, of which nothing is left."""
import hashlib
import json
import os
import signal
import subprocess
import tempfile

from harness import busybox_root, cgroups, eventually, main, need_containers


def leaves_nothing(trireme, before):
    """No container, no mount, no folder, no control group that was not there before."""
    assert eventually(lambda: trireme.ids("-a") == []), trireme.ids("-a")
    assert eventually(lambda: not trireme.traces()), trireme.traces()
    assert eventually(lambda: not cgroups() - before), cgroups() - before
    assert eventually(lambda: not trireme.processes()), trireme.processes()


def output_and_errors_come_out_where_they_should(trireme):
    done = trireme("run", "--", "sh", "-c", "echo to-output; echo to-errors >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"to-output\n", b"to-errors\n"), done


def the_exit_status_is_that_of_the_command(trireme):
    for code in (0, 1, 7, 125, 255):
        assert trireme("run", "sh", "-c", f"exit {code}").returncode == code


def a_command_that_a_signal_ended_gives_128_and_its_number(trireme):
    assert trireme("run", "sh", "-c", "kill -KILL $$").returncode == 137
    assert trireme("run", "sh", "-c", "kill -TERM $$").returncode == 143


def a_command_that_is_not_there_is_127(trireme):
    for name in ("/nope/nothing", "no-such-program"):
        done = trireme("run", "--name", "web1", "--", name)
        assert done.returncode == 127 and done.stdout == b"", done
        message = done.stderr.decode()
        assert message == (f'trireme: cannot run the program in web1: the program "{name}" does not exist in the '
                           "container (ERROR_FILE_NOT_FOUND, 0x80070002)\n"), message


def a_command_that_cannot_be_executed_is_126(trireme):
    done = trireme("run", "--", "/etc/passwd")
    assert done.returncode == 126 and done.stderr.decode().count("\n") == 1, done
    assert b"/etc/passwd" in done.stderr, done


def input_reaches_the_command_and_so_does_its_end(trireme):
    assert trireme("run", "-i", "cat", input=b"one\ntwo").stdout == b"one\ntwo"
    assert trireme("run", "-i", "wc", "-c", input=b"").stdout.strip() == b"0"


def without_interactive_the_input_is_empty(trireme):
    assert trireme("run", "cat", input=b"not to be seen").stdout == b""


def input_that_the_command_does_not_want_is_no_error(trireme):
    done = trireme("run", "-i", "head", "-c", "1", input=b"x" * 3_000_000)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x", b""), done


def a_hundred_megabytes_come_through_whole(trireme):
    size = 100_000_000
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        script = f"head -c {size} /dev/urandom >/data; sha256sum </data >&2; cat /data"
        done = trireme("run", "sh", "-c", script, stdout=output, stderr=errors, timeout=120)
        output.seek(0)
        errors.seek(0)
        data, expected = output.read(), errors.read().split()[0].decode()
    assert done.returncode == 0 and len(data) == size, (done, len(data))
    assert hashlib.sha256(data).hexdigest() == expected


def both_ways_at_once_come_through_whole(trireme):
    data = os.urandom(20_000_000)
    assert trireme("run", "-i", "cat", input=data, timeout=120).stdout == data


def output_to_a_file_is_appended_where_that_was_asked(trireme):
    path = os.path.join(trireme.folder, "log")
    for _ in range(2):
        with open(path, "ab") as file:
            assert trireme("run", "echo", "line", stdout=file, stderr=subprocess.PIPE).returncode == 0
    with open(path, "rb") as file:
        assert file.read() == b"line\nline\n"


def output_that_cannot_be_written_is_a_failure(trireme):
    name = trireme.detached("sleep", "60")
    for arguments in (("run",), ("exec", name)):
        for script in ("echo lost", "echo lost; exit 3"):
            with open("/dev/full", "wb") as full:
                done = trireme(*arguments, "--", "sh", "-c", script, stdout=full, stderr=subprocess.PIPE)
            assert done.returncode == 125, done
            assert b"cannot write the output of the program in " in done.stderr, done
            assert done.stderr.endswith(b": No space left on device\n"), done
    trireme.text("stop", "-t", "0", name)


def a_reader_that_goes_away_ends_the_command_as_it_would_here(trireme):
    run = trireme.start("run", "yes")
    assert run.stdout.read(4) == b"y\ny\n"
    run.stdout.close()
    assert run.wait(30) == 128 + signal.SIGPIPE, run.stderr.read()


def the_command_starts_with_ordinary_signals(trireme):
    """Those above 31 are the C library's own, which leaves one ignored in whatever it spawns."""
    masks = trireme.text("run", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status").split()[1::2]
    assert [int(mask, 16) & 0x7FFFFFFF for mask in masks] == [0, 0], masks


def environment_folder_user_and_host_name_are_as_asked(trireme):
    script = 'echo "$A|$B|$C|$(pwd)|$(id -u):$(id -g)|$(hostname)"'
    done = trireme("run", "-e", "A=one two", "-e", "B=", "-e", "C", "-w", "/usr", "-u", "65534:65533", "--hostname",
                   "harbour", "sh", "-c", script, env={"C": "ours"})
    assert done.stdout == b"one two||ours|/usr|65534:65533|harbour\n", done


def a_host_name_that_cannot_be_is_refused(trireme):
    done = trireme("run", "--name", "web1", "--hostname", "a b", "true")
    assert done.returncode == 125 and b"cannot create web1: a host name has " in done.stderr, done


def the_host_root_is_a_throw_away_copy(trireme):
    assert trireme("run", "sh", "-c", "echo x >/etc/trireme-test-file && rm -rf /usr/share/man").returncode == 0
    assert not os.path.exists("/etc/trireme-test-file")


def volumes_are_the_host_folder_itself(trireme):
    with open(os.path.join(trireme.folder, "given"), "w", encoding="utf-8") as file:
        file.write("hello")
    volume = f"{trireme.folder}:/mnt/shared"
    assert trireme.text("run", "-v", volume, "sh", "-c", "cat /mnt/shared/given; echo >/mnt/shared/made") == "hello"
    assert os.path.exists(os.path.join(trireme.folder, "made"))


def a_read_only_volume_cannot_be_written_to(trireme):
    done = trireme("run", "-v", f"{trireme.folder}:/mnt/shared:ro", "touch", "/mnt/shared/made")
    assert done.returncode == 1 and b"Read-only" in done.stderr, done
    assert not os.path.exists(os.path.join(trireme.folder, "made"))


def more_memory_than_the_limit_ends_the_command(trireme):
    script = "x = bytearray(200 << 20); print(len(x))"
    assert trireme("run", "--rm", "-m", "400m", "python3", "-c", script).returncode == 0
    done = trireme("run", "--memory", "64m", "python3", "-c", script)
    assert done.returncode == 137, done


def half_a_processor_is_half_the_time(trireme):
    script = ("import time; e = time.monotonic() + 1\nwhile time.monotonic() < e: pass\n"
              "print(time.process_time())")
    used = float(trireme.text("run", "--cpus", "0.3", "python3", "-c", script))
    assert used < 0.6, used


def the_network_is_empty_or_the_hosts_as_asked(trireme):
    ours = os.readlink("/proc/self/ns/net")
    assert trireme.text("run", "readlink", "/proc/self/ns/net") != ours
    assert trireme.text("run", "ls", "/sys/class/net") == "lo"
    assert trireme.text("run", "--network", "host", "readlink", "/proc/self/ns/net") == ours


def the_network_of_another_container_can_be_joined(trireme):
    other = trireme.detached("sleep", "600")
    theirs = trireme.text("exec", other, "readlink", "/proc/self/ns/net")
    assert trireme.text("run", "--network", f"container:{other}", "readlink", "/proc/self/ns/net") == theirs
    trireme.text("stop", "-t", "0", other)


def a_root_folder_is_written_to_in_place(trireme):
    root = busybox_root(trireme.folder)
    assert trireme.text("run", "--rootfs", root, "sh", "-c", "echo here >/tmp/made; ls /") != ""
    assert os.path.exists(os.path.join(root, "tmp", "made"))


def layers_are_read_and_the_scratch_keeps_what_is_written(trireme):
    root = busybox_root(trireme.folder)
    top, scratch = (os.path.join(trireme.folder, name) for name in ("top", "scratch"))
    os.makedirs(os.path.join(top, "etc"))
    os.mkdir(scratch)
    with open(os.path.join(top, "etc", "motd"), "w", encoding="utf-8") as file:
        file.write("from the top")
    layers = ("--layer", top, "--layer", root)
    assert trireme.text("run", *layers, "cat", "/etc/motd") == "from the top"
    assert trireme("run", *layers, "--scratch", scratch, "touch", "/tmp/made").returncode == 0
    assert trireme.text("run", *layers, "--scratch", scratch, "ls", "/tmp") == "made"
    assert not os.path.exists(os.path.join(root, "tmp", "made"))


def bundle(trireme, *args):
    root = busybox_root(trireme.folder)
    folder = os.path.join(trireme.folder, "bundle")
    os.mkdir(folder)
    subprocess.run(["runc", "spec"], cwd=folder, check=True, timeout=30)
    path = os.path.join(folder, "config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    config["root"]["path"] = root
    config["process"].update({"args": list(args), "terminal": False})
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    return folder


def a_bundle_runs_its_own_program(trireme):
    done = trireme("run", "--bundle", bundle(trireme, "sh", "-c", "echo from a bundle; exit 3"))
    assert (done.returncode, done.stdout) == (3, b"from a bundle\n"), done


def a_missing_bundle_configuration_is_told(trireme):
    done = trireme("run", "--bundle", trireme.folder)
    assert done.returncode == 125 and done.stderr.decode().count("\n") == 1, done


def a_time_limit_kills_the_command(trireme):
    assert trireme("run", "--timeout", "1", "sleep", "1000").returncode == 137


def an_id_that_is_taken_is_refused(trireme):
    trireme.detached("--name", "web1", "sleep", "600")
    done = trireme("run", "--name", "web1", "true")
    assert done.returncode == 125 and b"HCS_E_SYSTEM_ALREADY_EXISTS" in done.stderr and b"web1" in done.stderr, done
    assert trireme.ids() == ["web1"]
    trireme.text("stop", "-t", "0", "web1")


def an_id_is_free_again_at_once(trireme):
    for _ in range(3):
        assert trireme("run", "--name", "web1", "true").returncode == 0


def the_result_as_json_is_alone_on_standard_output(trireme):
    done = trireme("run", "--json", "--name", "web1", "sh", "-c", "echo noise; exit 5")
    assert done.returncode == 5 and done.stderr == b"noise\n", done
    assert json.loads(done.stdout) == {"Id": "web1", "ExitCode": 5}
    done = trireme("run", "--json", "/nope/nothing")
    assert done.returncode == 127 and done.stdout == b"", done
    assert json.loads(done.stderr)["Name"] == "ERROR_FILE_NOT_FOUND", done


def what_it_leaves_in_the_background_ends_with_it(trireme):
    done = trireme("run", "sh", "-c", "sleep 1000 & echo done")
    assert (done.returncode, done.stdout) == (0, b"done\n"), done


def an_interrupt_reaches_the_command(trireme):
    script = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.1; done"
    run = trireme.start("run", "sh", "-c", script)
    assert run.stdout.readline() == b"ready\n"
    run.send_signal(signal.SIGINT)
    assert run.communicate(timeout=30)[0] == b"caught\n" and run.returncode == 9, run


def a_second_interrupt_kills_a_command_that_ignores_them(trireme):
    run = trireme.start("run", "sh", "-c", "trap '' INT TERM; echo ready; while :; do sleep 0.1; done")
    assert run.stdout.readline() == b"ready\n"
    run.send_signal(signal.SIGINT)
    assert eventually(lambda: not pending(run.pid, signal.SIGINT))
    run.send_signal(signal.SIGINT)
    assert run.wait(30) == 137


def pending(pid, number):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        masks = dict(line.split(":\t") for line in file.read().splitlines() if line.startswith(("SigPnd", "ShdPnd")))
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks.values())


def an_interrupt_before_the_command_runs_cancels_and_undoes(trireme):
    before = cgroups()
    run = trireme.start("run", "--name", "web1", "sleep", "600")
    assert eventually(lambda: os.listdir(trireme.environment["TRIREME_RUNTIME_DIR"]))
    run.send_signal(signal.SIGINT)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=30)
    assert run.returncode in (130, 137, 143), run.returncode
    leaves_nothing(trireme, before)


def a_terminated_run_ends_its_container(trireme):
    before = cgroups()
    run = trireme.start("run", "sh", "-c", "echo ready; exec sleep 60")
    assert run.stdout.readline() == b"ready\n"
    run.terminate()
    run.communicate(timeout=30)
    assert run.returncode == 143, run.returncode
    leaves_nothing(trireme, before)


def a_killed_run_leaves_nothing(trireme):
    before = cgroups()
    run = trireme.start("run", "sh", "-c", "echo ready; exec sleep 60")
    assert run.stdout.readline() == b"ready\n"
    assert trireme.traces() or trireme.ids()
    run.kill()
    run.communicate(timeout=30)
    assert eventually(lambda: not trireme.processes()), trireme.processes()
    leaves_nothing(trireme, before)


def every_way_to_end_leaves_nothing(trireme):
    before = cgroups()
    for arguments in (("true",), ("false",), ("/nope/nothing",), ("/etc/passwd",), ("sh", "-c", "sleep 100 &"),
                      ("--rootfs", trireme.folder, "true"), ("--network", "no-such-network", "true")):
        trireme("run", *arguments)
        leaves_nothing(trireme, before)


if __name__ == "__main__":
    main([output_and_errors_come_out_where_they_should, the_exit_status_is_that_of_the_command,
          a_command_that_a_signal_ended_gives_128_and_its_number, a_command_that_is_not_there_is_127,
          a_command_that_cannot_be_executed_is_126, input_reaches_the_command_and_so_does_its_end,
          without_interactive_the_input_is_empty, input_that_the_command_does_not_want_is_no_error,
          a_hundred_megabytes_come_through_whole, both_ways_at_once_come_through_whole,
          output_to_a_file_is_appended_where_that_was_asked,
          output_that_cannot_be_written_is_a_failure, a_reader_that_goes_away_ends_the_command_as_it_would_here,
          the_command_starts_with_ordinary_signals,
          environment_folder_user_and_host_name_are_as_asked, a_host_name_that_cannot_be_is_refused,
          the_host_root_is_a_throw_away_copy,
          volumes_are_the_host_folder_itself, a_read_only_volume_cannot_be_written_to,
          more_memory_than_the_limit_ends_the_command, half_a_processor_is_half_the_time,
          the_network_is_empty_or_the_hosts_as_asked, the_network_of_another_container_can_be_joined,
          a_root_folder_is_written_to_in_place, layers_are_read_and_the_scratch_keeps_what_is_written,
          a_bundle_runs_its_own_program, a_missing_bundle_configuration_is_told, a_time_limit_kills_the_command,
          an_id_that_is_taken_is_refused, an_id_is_free_again_at_once, the_result_as_json_is_alone_on_standard_output,
          what_it_leaves_in_the_background_ends_with_it, an_interrupt_reaches_the_command,
          a_second_interrupt_kills_a_command_that_ignores_them,
          an_interrupt_before_the_command_runs_cancels_and_undoes, a_terminated_run_ends_its_container,
          a_killed_run_leaves_nothing, every_way_to_end_leaves_nothing], need_containers)
