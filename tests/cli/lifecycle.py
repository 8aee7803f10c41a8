"""Containers in the background: every verb that is about one that runs already."""
import json
import os
import select
import signal
import subprocess

from harness import eventually, main, need_containers, trapping


def state(trireme, name):
    return trireme.json("inspect", name)["State"]


def a_detached_run_prints_its_id_and_is_listed(trireme):
    name = trireme.detached("sleep", "600")
    assert trireme.ids() == [name]
    row = trireme.text("ps").splitlines()[1].split()
    assert row[0] == name and row[1] == "Running" and row[-1] == "trireme", row
    trireme.text("stop", "-t", "0", name)
    assert trireme.ids() == []


def a_detached_run_as_json_tells_id_and_process(trireme):
    result = trireme.json("run", "-d", "--name", "web1", "sleep", "600")
    assert result["Id"] == "web1" and os.path.exists(f"/proc/{result['ProcessId']}"), result
    trireme.text("stop", "-t", "0", "web1")


def a_detached_run_that_cannot_start_says_so(trireme):
    done = trireme("run", "-d", "/nope/nothing")
    assert done.returncode == 127 and done.stdout == b"" and b"/nope/nothing" in done.stderr, done
    assert eventually(lambda: trireme.ids("-a") == [])


def a_detached_run_keeps_no_stream_of_its_caller(trireme):
    """The pipe that its caller reads has its end as soon as it returns."""
    run = trireme.start("run", "-d", "sleep", "600")
    name = run.stdout.read().decode().strip()
    assert run.wait(30) == 0 and run.stderr.read() == b""
    assert trireme.ids() == [name]
    trireme.text("stop", "-t", "0", name)


def a_container_ends_with_its_command(trireme):
    name = trireme.detached("-v", f"{trireme.folder}:/mnt/shared", "sh", "-c",
                            "sleep 1000 & until test -e /mnt/shared/go; do sleep 0.05; done")
    assert trireme.ids() == [name]
    with open(os.path.join(trireme.folder, "go"), "w", encoding="utf-8"):
        assert eventually(lambda: trireme.ids() == [])


def wait_tells_how_the_command_ended(trireme):
    name = trireme.detached("sh", "-c", "sleep 0.5; exit 7")
    assert trireme.text("wait", name) == "7"
    others = [trireme.detached("sh", "-c", f"sleep 0.3; exit {code}") for code in (1, 2)]
    assert trireme.text("wait", *others).split() == ["1", "2"]
    name = trireme.detached("sleep", "600")
    wait = trireme.start("wait", "--json", name)
    trireme.text("kill", name)
    assert json.loads(wait.communicate(timeout=30)[0]) == [{"Id": name, "ExitCode": 137}]


def wait_tells_each_status_at_once(trireme):
    short, long = trireme.detached("sh", "-c", "exit 4"), trireme.detached("sleep", "60")
    wait = trireme.start("wait", short, long)
    assert select.select([wait.stdout], [], [], 30)[0] and os.read(wait.stdout.fileno(), 64) == b"4\n"
    trireme.text("kill", long)
    assert wait.communicate(timeout=30)[0] == b"137\n"


def wait_tells_it_afterwards_too(trireme):
    name = trireme.detached("sh", "-c", "exit 9")
    assert eventually(lambda: trireme.ids() == [])
    assert trireme.ids("-a") == [name]
    assert trireme.text("wait", name) == "9"


def the_id_of_a_stopped_container_is_free(trireme):
    name = trireme.detached("--name", "web1", "true")
    assert eventually(lambda: trireme.ids() == [])
    assert trireme.detached("--name", name, "sleep", "600") == name
    assert trireme.ids() == [name]
    trireme.text("stop", "-t", "0", name)


def exec_runs_in_the_same_container(trireme):
    name = trireme.detached("--hostname", "harbour", "sleep", "600")
    assert trireme.text("exec", name, "hostname") == "harbour"
    assert trireme("exec", name, "sh", "-c", "exit 5").returncode == 5
    assert trireme("exec", name, "--", "/nope/nothing").returncode == 127
    assert trireme("exec", "-i", name, "cat", input=b"through").stdout == b"through"
    assert trireme.text("exec", "-e", "A=b", "-w", "/usr", "-u", "65534", name, "sh", "-c",
                        'echo "$A $(pwd) $(id -u)"') == "b /usr 65534"
    done = trireme("exec", "--json", name, "sh", "-c", "exit 4")
    assert done.returncode == 4 and json.loads(done.stdout)["ExitCode"] == 4, done
    trireme.text("stop", "-t", "0", name)


def exec_in_the_background_prints_a_process_that_can_be_signalled(trireme):
    name = trireme.detached("sleep", "600")
    pid = trireme.text("exec", "-d", name, "sleep", "61")
    assert os.path.exists(f"/proc/{pid}")
    trireme.text("kill", name, pid)
    assert eventually(lambda: not os.path.exists(f"/proc/{pid}"))
    assert trireme.ids() == [name]
    trireme.text("stop", "-t", "0", name)


def exec_does_not_wait_for_what_it_leaves_behind(trireme):
    name = trireme.detached("sleep", "600")
    done = trireme("exec", name, "sh", "-c", "sleep 1000 & echo done")
    assert (done.returncode, done.stdout) == (0, b"done\n"), done
    trireme.text("stop", "-t", "0", name)


def inspect_tells_everything(trireme):
    trireme.detached("--name", "web1", "--owner", "tests", "sleep", "600")
    properties = trireme.json("inspect", "web1")
    assert json.loads(trireme.text("inspect", "web1"))["Id"] == "web1"
    assert (properties["Id"], properties["Owner"], properties["State"]) == ("web1", "tests", "Running"), properties
    assert eventually(lambda: "sleep" in [process["ImageName"] for process in trireme.json("inspect", "web1")["ProcessList"]])
    assert properties["Statistics"]["Uptime100ns"] > 0, properties
    assert properties["TerminateOnLastHandleClosed"] is True, properties
    trireme.text("stop", "-t", "0", "web1")


def stats_measure_what_runs(trireme):
    name = trireme.detached("sh", "-c", "while :; do :; done")
    other = trireme.detached("sleep", "600")
    rows = {row.split()[0]: row for row in trireme.text("stats").splitlines()}
    assert set(rows) == {"ID", name, other}, rows
    measured = trireme.json("stats", name)
    assert len(measured) == 1 and measured[0]["CpuPercent"] > 0, measured
    assert measured[0]["Statistics"]["Memory"]["MemoryUsageCommitBytes"] > 0, measured
    trireme.text("stop", "-t", "0", name, other)


def stats_watch_until_an_interrupt(trireme):
    name = trireme.detached("sh", "-c", "while :; do :; done")
    watch = trireme.start("stats", "--watch", "-n", "1", name)
    lines = [watch.stdout.readline() for _ in range(4)]
    assert [line.split()[0] for line in lines] == [b"ID", name.encode()] * 2, lines
    assert float(lines[3].split()[1]) > 0, lines
    watch.send_signal(signal.SIGINT)
    assert watch.wait(30) == 0
    trireme.text("stop", "-t", "0", name)


def pause_freezes_and_resume_lets_go_on(trireme):
    path = os.path.join(trireme.folder, "count")
    name = trireme.detached("-v", f"{trireme.folder}:/mnt/shared", "sh", "-c",
                            "while :; do echo >>/mnt/shared/count; sleep 0.01; done")
    assert eventually(lambda: os.path.exists(path))
    assert trireme.text("pause", name) == name and state(trireme, name) == "Paused"
    size = os.path.getsize(path)
    assert trireme("exec", name, "true").returncode == 125
    assert os.path.getsize(path) == size
    done = trireme("pause", name)
    assert done.returncode == 125 and b"HCS_E_INVALID_STATE" in done.stderr, done
    assert trireme.json("resume", name) == [{"Id": name}] and state(trireme, name) == "Running"
    assert eventually(lambda: os.path.getsize(path) > size)
    trireme.text("stop", "-t", "0", name)


def stop_lets_the_command_end_by_itself(trireme):
    name = trapping(trireme, "'exit 5' TERM")
    wait = trireme.start("wait", name)
    assert trireme.text("stop", "-t", "50", name) == name
    assert wait.communicate(timeout=30)[0] == b"5\n"
    assert trireme.ids() == []


def stop_terminates_what_does_not_end_in_time(trireme):
    name = trapping(trireme, "'' TERM")
    assert trireme.text("stop", "-t", "1", name) == name
    assert trireme.ids() == []


def an_interrupted_stop_stops_nothing(trireme):
    name, other = trapping(trireme, "'' TERM"), trireme.detached("sleep", "1000")
    stop = trireme.start("stop", "-t", "50", name, other)
    assert eventually(lambda: listens_for(stop.pid, signal.SIGINT))
    stop.send_signal(signal.SIGINT)
    assert stop.wait(30) == 128 + signal.SIGINT and b"ERROR_CANCELLED" in stop.stderr.read()
    assert sorted(trireme.ids()) == sorted([name, other]) and stop.stdout.read() == b""
    trireme.text("stop", "-t", "0", name, other)


def listens_for(pid, number):
    """Has the program a signalfd for it? (That it is blocked says nothing: starting a thread blocks all, for a moment.)"""
    return any(mask >> (number - 1) & 1 for mask in signalfd_masks(pid))


def signalfd_masks(pid):
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{fd}", encoding="utf-8") as file:
                yield from (int(line.split()[1], 16) for line in file if line.startswith("sigmask:"))
        except FileNotFoundError:
            pass


def stop_of_several_goes_on_after_a_failure(trireme):
    name = trireme.detached("sleep", "600")
    done = trireme("stop", "-t", "0", "nonsense", name)
    assert done.returncode == 125 and done.stdout.decode().split() == [name], done
    assert b"nonsense" in done.stderr and trireme.ids() == [], done


def stop_of_a_paused_container_ends_it(trireme):
    name = trireme.detached("sleep", "600")
    trireme.text("pause", name)
    assert trireme.text("stop", "-t", "1", name) == name


def stopping_an_attached_run_ends_it(trireme):
    run = trireme.start("run", "--name", "web1", "sh", "-c", "echo ready; exec sleep 60")
    assert run.stdout.readline() == b"ready\n"
    trireme.text("stop", "web1")
    assert run.wait(30) == 143, run.stderr.read()


def kill_sends_any_signal_to_the_command(trireme):
    for signal_name in ("USR1", "SIGUSR1", "10"):
        name = trapping(trireme, "'exit 6' USR1")
        trireme.text("kill", "-s", signal_name, name)
        assert trireme.text("wait", name) == "6"
    name = trireme.detached("sleep", "600")
    assert trireme.json("kill", name)["Signal"] == signal.SIGKILL
    assert eventually(lambda: trireme.ids() == [])


def kill_of_a_process_that_is_not_in_it_is_refused(trireme):
    name = trireme.detached("sleep", "600")
    for process, words in (("1", b"process 1 was not started"), ("x", b"PROCESS x"), ("0", b"PROCESS 0")):
        done = trireme("kill", name, process)
        assert done.returncode == 125 and done.stderr.count(b"\n") == 1 and words in done.stderr, done
    assert trireme.ids() == [name]
    trireme.text("stop", "-t", "0", name)


def kill_of_a_container_that_has_stopped_says_so(trireme):
    name = trireme.detached("true")
    trireme.text("wait", name)
    assert eventually(lambda: trireme.ids() == [])
    done = trireme("kill", name)
    assert done.returncode == 125 and b"nothing runs in it" in done.stderr, done


def ps_filters_by_owner_and_id(trireme):
    trireme.detached("--name", "a", "--owner", "anna", "sleep", "600")
    trireme.detached("--name", "b", "--owner", "bert", "sleep", "600")
    assert trireme.ids() == ["a", "b"]
    assert trireme.ids("--filter", "owner=anna") == ["a"]
    assert trireme.ids("--filter", "owner=anna", "--filter", "owner=bert") == ["a", "b"]
    assert trireme.ids("--filter", "owner=anna", "--filter", "id=b") == []
    assert [system["Id"] for system in trireme.json("ps", "--filter", "id=b")] == ["b"]
    trireme.text("stop", "-t", "0", "a", "b")


def killing_the_process_in_the_background_ends_its_container(trireme):
    name = trireme.detached("sleep", "600")
    background = subprocess.run(["pgrep", "-f", f"^{trireme.executable} run"], capture_output=True, check=False)
    mine = [pid for pid in map(int, background.stdout.split()) if pid in trireme.processes()]
    assert len(mine) == 1, background
    os.kill(mine[0], signal.SIGKILL)
    assert eventually(lambda: trireme.ids() == []), name
    assert eventually(lambda: not trireme.traces()), trireme.traces()


if __name__ == "__main__":
    main([a_detached_run_prints_its_id_and_is_listed, a_detached_run_as_json_tells_id_and_process,
          a_detached_run_that_cannot_start_says_so, a_detached_run_keeps_no_stream_of_its_caller,
          a_container_ends_with_its_command, wait_tells_how_the_command_ended,
          wait_tells_each_status_at_once, wait_tells_it_afterwards_too,
          the_id_of_a_stopped_container_is_free, exec_runs_in_the_same_container,
          exec_in_the_background_prints_a_process_that_can_be_signalled, exec_does_not_wait_for_what_it_leaves_behind,
          inspect_tells_everything, stats_measure_what_runs, stats_watch_until_an_interrupt,
          pause_freezes_and_resume_lets_go_on, stop_lets_the_command_end_by_itself,
          stop_terminates_what_does_not_end_in_time, an_interrupted_stop_stops_nothing, stop_of_several_goes_on_after_a_failure,
          stop_of_a_paused_container_ends_it, stopping_an_attached_run_ends_it,
          kill_sends_any_signal_to_the_command, kill_of_a_process_that_is_not_in_it_is_refused,
          kill_of_a_container_that_has_stopped_says_so,
          ps_filters_by_owner_and_id, killing_the_process_in_the_background_ends_its_container], need_containers)
