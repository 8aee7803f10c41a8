"""What the command says before any container is made: help, mistakes, and that there is nothing yet."""
import json
import os
import re
import subprocess
import sys

from harness import main

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def refuses(trireme, *arguments, naming=""):
    """Exits with 125 after one sentence that names the mistake."""
    done = trireme(*arguments)
    assert done.returncode == 125, done
    assert done.stdout == b"", done
    assert re.fullmatch(rb"trireme: [^\n]+\n", done.stderr), done
    assert naming in done.stderr.decode(), done


def verbs(trireme):
    """By name; those of a group, too: "disk list"."""
    top = trireme.json("help")
    return {verb["Name"]: verb for group in top for verb in [group, *group.get("Verbs", [])]}


def help_of_every_verb_names_all_its_options(trireme):
    for name, verb in verbs(trireme).items():
        done = trireme(*name.split(), "--help")
        assert done.returncode == 0 and done.stderr == b"", done
        assert trireme.text("help", *name.split()) == done.stdout.decode().strip()
        assert "...." not in done.stdout.decode(), done
        for option in verb["Options"]:
            assert f"--{option['Name']}" in done.stdout.decode(), (name, option)
            assert option["Help"] in " ".join(done.stdout.decode().split()), (name, option)


def help_of_every_verb_has_an_example_and_fits_a_terminal(trireme):
    for name, verb in verbs(trireme).items():
        text = trireme.text("help", *name.split())
        words = verb["Example"].split()
        assert f"Example:\n  {verb['Example']}" in text and words[:1 + len(name.split())] == ["trireme", *name.split()]
        known = [f"--{option['Name']}" for option in verb["Options"]] + ["--json", "--free"]
        assert all(word in known for word in words if word.startswith("--") and word != "--"), verb
        assert all(len(line) <= 80 for line in text.splitlines()), name
        columns = [len(line) - len(line.lstrip()) for line in text.splitlines() if line.startswith(" " * 8)]
        assert set(columns) <= {32}, name
    assert all(len(line) <= 80 for line in trireme.text("help").splitlines())


def help_of_every_verb_as_json_is_one_document(trireme):
    for name, verb in verbs(trireme).items():
        assert trireme.json(*name.split(), "--help") == verb
        assert trireme.json("help", *name.split()) == verb


def every_verb_has_help_and_json(trireme):
    for verb in verbs(trireme).values():
        assert {"json", "help"} <= {option["Name"] for option in verb["Options"]}


def help_names_every_verb(trireme):
    text = trireme.text("help")
    for name in verbs(trireme):
        *group, word = name.split()
        assert re.search(rf"^  {word} ", trireme.text("help", *group), re.M), name
    assert trireme.text("--help") == text


def nothing_at_all_is_a_mistake_that_is_helped(trireme):
    done = trireme()
    assert done.returncode == 125 and b"Usage:" in done.stdout, done


def the_version_is_told(trireme):
    assert re.fullmatch(r"trireme \d+\.\d+\.\d+", trireme.text("--version"))
    assert re.fullmatch(r"\d+\.\d+\.\d+", trireme.json("--version")["Version"])


def an_unknown_verb_is_refused(trireme):
    refuses(trireme, "nonsense", naming="nonsense")
    refuses(trireme, "help", "nonsense", naming="nonsense")
    refuses(trireme, "disk", "nonsense", naming="disk nonsense")
    refuses(trireme, "help", "disk", "nonsense", naming="disk nonsense")
    refuses(trireme, "help", "ps", "disk", naming="ps disk")


def an_unknown_option_is_refused_by_every_verb(trireme):
    for name in verbs(trireme):
        refuses(trireme, *name.split(), "--nonsense", naming="--nonsense")
        refuses(trireme, *name.split(), "-Z", naming="-Z")


def options_may_stand_before_between_and_after_arguments(trireme):
    for arguments in (("--json", "x", "1T"), ("x", "--json", "1T"), ("x", "1T", "--json"), ("x", "-1T", "--json")):
        done = trireme("disk", "resize", *arguments)
        assert done.returncode == 125 and json.loads(done.stderr)["ErrorMessage"].startswith("cannot resize x"), done
    assert trireme("disk", "--json", "resize", "x", "1T").stderr == done.stderr


def a_group_alone_is_a_mistake_that_is_helped(trireme):
    done = trireme("disk")
    assert done.returncode == 125 and b"  format " in done.stdout, done


def a_missing_value_is_told(trireme):
    refuses(trireme, "run", "--name", naming="--name")
    refuses(trireme, "run", "-e", naming="-e")


def values_that_make_no_sense_are_refused(trireme):
    for option, values in {"--memory": ("", "5x", "-1", "0", "nan", "inf", "12mm"), "--cpus": ("0", "two", "-1", "nan"),
                           "--cpu-weight": ("0", "-1", "many"), "--timeout": ("-1", "1.5", "99999999999"),
                           "--volume": ("/tmp", ":/x", "/tmp:relative", "/tmp:/x:no", "/nonexistent/folder:/x"),
                           "--rootfs": ("/nonexistent/folder", "/etc/passwd"), "--layer": ("/nonexistent/folder",),
                           "--bundle": ("/nonexistent/folder",), "--name": ("",)}.items():
        for value in values:
            refuses(trireme, "run", option, value, "--", "true", naming=option)
    for value in ("1e99g", "8388608t", "9" * 400):
        refuses(trireme, "run", "--memory", value, "--", "true",
                naming="it is too large: the largest size is 8796093022207m")
    refuses(trireme, "kill", "-s", "NONSENSE", "x", naming="NONSENSE")
    refuses(trireme, "stop", "-t", "soon", "x", naming="soon")
    refuses(trireme, "ps", "--filter", "colour=red", naming="colour=red")


def options_that_do_not_go_together_are_refused(trireme):
    refuses(trireme, "run", naming="COMMAND")
    refuses(trireme, "run", "-d", "-i", "true", naming="--detach")
    refuses(trireme, "run", "-d", "-t", "true", naming="--detach")
    refuses(trireme, "run", "--rootfs", "/", "--layer", "/", "true", naming="exclude")
    refuses(trireme, "run", "--scratch", "/tmp", "true", naming="--layer")
    refuses(trireme, "run", "--bundle", "/", "true", naming="COMMAND")
    refuses(trireme, "exec", "-d", "-i", "x", "true", naming="--detach")


def too_few_and_too_many_arguments_are_refused(trireme):
    for name in ("stop", "kill", "pause", "resume", "inspect", "wait", "exec"):
        refuses(trireme, name, naming="few")
    refuses(trireme, "exec", "x", naming="few")
    refuses(trireme, "exec", "x", "--", naming="COMMAND")
    refuses(trireme, "inspect", "x", "y", naming="many")
    refuses(trireme, "ps", "x", naming="many")


def what_is_refused_before_anything_is_opened_closes_nothing(trireme):
    for arguments in (("disk", "create", "x"), ("disk", "create", "x", "0"),
                      ("disk", "create", "--parent", "/nonexistent/a", "x"), ("query", "--csv", "--json", "x"),
                      ("query", " "), ("watch", " ")):
        done = trireme(*arguments)
        assert done.returncode == 125 and done.stdout == b"", done


def arguments_that_are_no_text_are_refused(trireme):
    for arguments in ((b"\xff",), ("stop", b"a\xffb"), ("run", "--name", b"\xff", "true"), ("run", "true", b"\xff"),
                      ("disk", "create", b"/tmp/\xff.img", "1M"), ("disk", "info", b"\xed\xa0\x80"),
                      ("query", b"SELECT \xff"), ("run", b"-v\xff:/x", "true")):
        refuses(trireme, *arguments, naming="not UTF-8")
        done = trireme(*arguments, "--json")
        assert done.returncode == 125 and "not UTF-8" in json.loads(done.stderr)["ErrorMessage"], done
    assert not os.path.exists("/tmp/\ufffd.img")
    refuses(trireme, "stop", b"a\xffb", naming="argument 2, a\\xffb, ")


def variables_and_folders_that_are_no_text_are_refused(trireme):
    done = trireme("run", "-e", "NOISE", "true", env={"NOISE": b"\xff"})
    assert done.returncode == 125 and b"--env NOISE: it has a value that is not UTF-8" in done.stderr, done
    for name in ("", "=x"):
        refuses(trireme, "run", "-e", name, "true", naming="--env")
    folder = os.path.join(os.fsencode(trireme.folder), b"\xff")
    os.mkdir(folder)
    os.symlink(folder, os.path.join(trireme.folder, "link"))
    refuses(trireme, "run", "--rootfs", os.path.join(trireme.folder, "link"), "true", naming="not UTF-8")
    refuses(trireme, "run", "-v", os.path.join(trireme.folder, "link") + ":/x", "true", naming="not UTF-8")


def nothing_that_was_typed_commands_the_terminal(trireme):
    odd = "a\x1b[31m\nb\u009bc"
    for arguments in ((odd,), ("stop", odd), ("help", odd), ("disk", odd), ("disk", "info", odd), ("get", odd),
                      ("ps", "--filter", odd), ("mof", odd), ("stop", "--" + odd)):
        refuses(trireme, *arguments, naming="a\\x1b[31m\\x0ab\\xc2\\x9bc")
    assert odd in json.loads(trireme("stop", "--json", odd).stderr)["ErrorMessage"]


def an_empty_name_is_seen(trireme):
    for arguments in (("",), ("help", ""), ("disk", ""), ("stop", ""), ("inspect", ""), ("stats", ""), ("wait", ""),
                      ("exec", "", "true"), ("kill", ""), ("get", ""), ("describe", ""), ("disk", "info", "")):
        refuses(trireme, *arguments, naming=' ""')
    for verb in ("stop", "wait", "kill", "pause"):
        for name in ("", "a/b", "x" * 256):
            refuses(trireme, verb, name, naming="an id has 1 to 255 bytes")
    refuses(trireme, "put", "Win32_Process", "=x", naming=' ""')
    refuses(trireme, "call", "Win32_Process", "", naming=' ""')
    refuses(trireme, "query", "-n", "", "SELECT Name FROM X", naming=' ""')
    refuses(trireme, "mof", "", naming="FILE")
    refuses(trireme, "watch", "", naming="query is empty")


def an_option_before_the_verb_is_said_to_be_misplaced(trireme):
    refuses(trireme, "--json", "ps", naming="no option --json before a VERB")
    refuses(trireme, "-a", naming="no option -a before a VERB")
    refuses(trireme, "--version", "extra", naming="too many")


def a_refusal_as_json_is_one_document_on_standard_error(trireme):
    done = trireme("inspect", "--json")
    assert done.returncode == 125 and done.stdout == b"", done
    assert json.loads(done.stderr)["ErrorMessage"], done


def an_unknown_id_is_named_with_its_code(trireme):
    for arguments in (("stop", "x"), ("kill", "x"), ("pause", "x"), ("resume", "x"), ("inspect", "x"), ("wait", "x"),
                      ("stats", "x"), ("exec", "x", "true")):
        refuses(trireme, *arguments, naming="HCS_E_SYSTEM_NOT_FOUND, 0x8037010E")
        done = trireme(arguments[0], "--json", *arguments[1:])
        error = json.loads(done.stderr)
        assert done.returncode == 125 and error["Name"] == "HCS_E_SYSTEM_NOT_FOUND", done
        assert error["Error"] == 0x8037010E - (1 << 32) and " x:" in error["ErrorMessage"], done


def where_nothing_runs_nothing_is_listed(trireme):
    assert trireme.ids("-a") == []
    assert trireme.text("ps").split() == ["ID", "STATE", "UPTIME", "PROCESSES", "MEMORY", "OWNER"]
    for arguments in (("ps",), ("ps", "-a"), ("ps", "-q"), ("stats",), ("ps", "--filter", "owner=me")):
        assert trireme.json(*arguments) == [], arguments


def output_that_cannot_be_written_is_a_failure(trireme):
    with open("/dev/full", "wb") as full:
        done = trireme("help", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 125 and b"standard output" in done.stderr, done


def what_is_printed_where_the_output_is_closed_goes_into_no_other_file(trireme):
    for arguments in (("stats", "--watch"), ("classes",), ("help",), ("ps",)):
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", trireme.executable, *arguments], check=False,
                              env=trireme.environment, capture_output=True, timeout=60)
        assert done.returncode == 125, done
        assert done.stderr == b"trireme: cannot write to the standard output: Bad file descriptor\n", done


def the_manual_names_every_verb_and_every_option(trireme):
    manuals = {}
    for page in ("trireme", "trireme-disk", "trireme-query"):
        with open(os.path.join(SOURCE, "man", f"{page}.1"), encoding="utf-8") as file:
            manuals[page] = file.read().replace("\\-", "-")
    for name, verb in verbs(trireme).items():
        *group, word = name.split()
        about = "query" if f".SS {word}\n" in manuals["trireme-query"] else group[0] if group else None
        manual = manuals["-".join(["trireme", about] if about else ["trireme"])]
        section = re.search(rf"^\.SS [a-z, ]*\b{word}\b", manual, re.M)
        assert section, name
        for option in verb["Options"]:
            assert f"--{option['Name']}" in manual, (name, option)


def what_the_manual_quotes_is_what_is_said(trireme):
    for page, arguments in (("trireme", ("stop", "web1")), ("trireme-query", ("describe", "Win32_Proces"))):
        with open(os.path.join(SOURCE, "man", f"{page}.1"), encoding="utf-8") as file:
            manual = file.read().replace("\\-", "-").replace("\\e", "\\")
        said = trireme(*arguments).stderr.decode()
        assert said and said in manual, said


def completes(trireme, *words):
    script = (f"source {SOURCE}/completions/trireme; COMP_WORDS=(trireme \"$@\"); COMP_CWORD=$#; _trireme; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    environment = dict(trireme.environment, PATH=os.path.dirname(trireme.executable) + ":" + os.environ["PATH"])
    done = subprocess.run(["bash", "-c", script, "bash", *words], env=environment, capture_output=True, timeout=30,
                          check=False)
    return done.stdout.decode().split()


def bash_completes_verbs_options_and_values(trireme):
    assert completes(trireme, "pau") == ["pause"]
    for name, verb in verbs(trireme).items():
        *group, word = name.split()
        assert word in completes(trireme, *group, ""), name
        words = completes(trireme, *name.split(), "-")
        assert {f"--{option['Name']}" for option in verb["Options"]} <= set(words), name
    assert "TERM" in completes(trireme, "kill", "-s", "")
    assert "none" in completes(trireme, "run", "--network", "no")
    assert completes(trireme, "help", "inspe") == ["inspect"]
    assert completes(trireme, "disk", "form") == completes(trireme, "help", "disk", "form") == ["format"]
    assert "ntfs" in completes(trireme, "disk", "format", "--type", "")
    assert completes(trireme, "stats", "-n", "") == [] and "root/cimv2" in completes(trireme, "get", "-n", "")
    assert "vhdx" in completes(trireme, "disk", "create", "-f", "v")


if __name__ == "__main__":
    main([help_of_every_verb_names_all_its_options, help_of_every_verb_has_an_example_and_fits_a_terminal,
          help_of_every_verb_as_json_is_one_document,
          every_verb_has_help_and_json, help_names_every_verb, nothing_at_all_is_a_mistake_that_is_helped,
          the_version_is_told, an_unknown_verb_is_refused, an_unknown_option_is_refused_by_every_verb,
          options_may_stand_before_between_and_after_arguments, a_group_alone_is_a_mistake_that_is_helped,
          what_is_refused_before_anything_is_opened_closes_nothing, arguments_that_are_no_text_are_refused,
          variables_and_folders_that_are_no_text_are_refused, nothing_that_was_typed_commands_the_terminal,
          an_empty_name_is_seen, an_option_before_the_verb_is_said_to_be_misplaced,
          what_is_printed_where_the_output_is_closed_goes_into_no_other_file, a_missing_value_is_told, values_that_make_no_sense_are_refused, options_that_do_not_go_together_are_refused,
          too_few_and_too_many_arguments_are_refused, a_refusal_as_json_is_one_document_on_standard_error,
          an_unknown_id_is_named_with_its_code, where_nothing_runs_nothing_is_listed,
          output_that_cannot_be_written_is_a_failure, the_manual_names_every_verb_and_every_option,
          what_the_manual_quotes_is_what_is_said, bash_completes_verbs_options_and_values])
