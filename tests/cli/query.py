"""trireme query, get, put, delete, call, classes, describe, mof and watch, on the running system and a repository of
their own."""
import csv
import io
import json
import os
import re
import select
import signal

from harness import Terminal, eventually, main

MOF = """
[Description("A rack of this test")]
class Test_Rack { [key] string Name; uint32 Height; uint64 Weight; sint8 Floor; boolean Locked; real64 Load;
                  string Tags[]; uint16 Slots[]; datetime Installed; char16 Letter; };
class Test_Tall : Test_Rack { string Note; };
instance of Test_Rack { Name = "A1"; Height = 4000000000; Weight = 18446744073709551615; Floor = -2; Locked = TRUE;
                        Load = 1.5; Tags = {"a", "b, c"}; Installed = "20261121103000.000000+060"; };
instance of Test_Tall { Name = "B \\"2\\""; Height = 7; Note = "line one\\nline two"; };
"""


def with_racks(test):
    def wrapped(trireme):
        trireme.text("mof", "-", input=MOF.encode())
        test(trireme)
    wrapped.__name__ = test.__name__
    return wrapped


def refuses(trireme, *arguments, code=None, naming="", **options):
    """Exits with 125 after one sentence that names what it is about, and the code."""
    done = trireme(*arguments, **options)
    assert done.returncode == 125 and done.stdout == b"", done
    assert re.fullmatch(rb"trireme: [^\n]+\n", done.stderr), done
    assert naming in done.stderr.decode(), done
    if code:
        assert f"({code}, 0x" in done.stderr.decode(), done


# ---- query ----

def a_query_shows_the_running_system(trireme):
    rows = trireme.json("query", f"SELECT ProcessId, Handle FROM Win32_Process WHERE ProcessId = {os.getpid()}")
    assert rows == [{"ProcessId": os.getpid(), "Handle": str(os.getpid())}], rows


def columns_come_in_the_order_of_the_query(trireme):
    query = f"select handle, PROCESSID from Win32_Process where ProcessId = {os.getpid()}"
    header, row = trireme.text("query", query).splitlines()
    assert header.split() == ["Handle", "ProcessId"] and row.split() == [str(os.getpid())] * 2, (header, row)
    assert list(trireme.json("query", query)[0]) == ["Handle", "ProcessId"]
    assert trireme.text("query", *query.split()) == "\n".join([header, row])


@with_racks
def values_are_shown_by_their_types(trireme):
    row = trireme.json("query", "SELECT * FROM Test_Rack WHERE Name = 'A1'")[0]
    assert row.pop("__PATH").endswith('\\ROOT\\CIMV2:Test_Rack.Name="A1"') or "__PATH" not in row, row
    assert row == {"__CLASS": "Test_Rack", "Name": "A1", "Height": 4000000000, "Weight": "18446744073709551615",
                   "Floor": -2, "Locked": True, "Load": 1.5, "Tags": ["a", "b, c"], "Slots": None,
                   "Installed": "20261121103000.000000+060", "Letter": None}, row
    lines = trireme.text("query", "SELECT * FROM Test_Rack WHERE Name = 'A1'").splitlines()
    assert "Height = 4000000000" in lines and "Locked = true" in lines and "Tags = a, b, c" in lines, lines
    assert "Installed = 2026-11-21 10:30:00+01:00" in lines, lines
    assert not any(line.startswith("Slots") for line in lines), lines
    assert "Slots = " in trireme("query", "-a", "SELECT * FROM Test_Rack WHERE Name = 'A1'").stdout.decode()


@with_racks
def many_whole_objects_are_a_table_without_empty_columns(trireme):
    header, *rows = trireme.text("query", "SELECT * FROM Test_Rack").splitlines()
    assert {"Name", "Height", "Note"} <= set(header.split()) and "Slots" not in header, header
    assert len(rows) == 2, rows
    lines = trireme.text("query", "--lines", "SELECT Name, Note FROM Test_Tall").splitlines()
    assert lines[0] == 'Name = B "2"', lines


def a_narrow_terminal_loses_no_column_and_no_end_of_a_name(trireme):
    for arguments in (("query", f"SELECT ProcessId, ParentProcessId, ThreadCount, Name, HandleCount FROM Win32_Process "
                       f"WHERE ProcessId = {os.getpid()} OR ProcessId = 1"), ("classes", "-p", "*PerfDisk_*"),
                      ("ps",)):
        with Terminal(trireme, *arguments, columns=40) as terminal:
            assert terminal.wait() == 0
        shown = [line.split() for line in terminal.seen.decode().splitlines()]
        if arguments[0] == "query":
            assert shown[0] == ["ProcessId", "ParentProcessId", "ThreadCount", "Name", "HandleCount"], shown
            shown = [row[:2] for row in shown]
        assert shown == [line.split()[:len(shown[0])] for line in trireme.text(*arguments).splitlines()], shown


@with_racks
def comma_separated_values_can_be_read_back(trireme):
    done = trireme("query", "--csv", "SELECT Name, Height, Tags FROM Test_Rack")
    assert b"\r\n" in done.stdout, done
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    assert sorted(rows, key=lambda row: row["Name"]) == [
        {"Name": "A1", "Height": "4000000000", "Tags": '["a","b, c"]'},
        {"Name": 'B "2"', "Height": "7", "Tags": ""}], rows
    done = trireme("query", "--csv", "SELECT Slots FROM Test_Rack")
    assert done.stdout == b'Slots\r\n""\r\n""\r\n', done


@with_racks
def nothing_found_is_no_failure(trireme):
    query = "SELECT Name FROM Test_Rack WHERE Height = 1"
    assert trireme.text("query", query) == "Name" and trireme.json("query", query) == []
    assert trireme.text("query", "SELECT * FROM Test_Rack WHERE Height = 1") == ""


def mistakes_in_queries_are_explained(trireme):
    refuses(trireme, "query", "SELECT FROM", code="WBEM_E_INVALID_QUERY")
    refuses(trireme, "query", "SELECT * FROM Win32_NoSuchClass", code="WBEM_E_INVALID_CLASS",
            naming="Win32_NoSuchClass")
    refuses(trireme, "query", "--namespace", "root/nowhere", "SELECT * FROM X", code="WBEM_E_INVALID_NAMESPACE",
            naming="root/nowhere")
    done = trireme("query", "--json", "SELECT FROM")
    assert done.returncode == 125 and json.loads(done.stderr)["Name"] == "WBEM_E_INVALID_QUERY", done


def says(trireme, sentence, *arguments):
    done = trireme(*arguments)
    assert done.returncode == 125 and sentence in done.stderr.decode(), done


def a_misspelt_name_is_answered_with_the_one_that_was_meant(trireme):
    query = "did you mean Win32_Process?"
    for name in ("Win32_Proces", "win32_prcess", "Process"):
        says(trireme, query, "query", f"SELECT * FROM {name}")
        says(trireme, query, "get", f"{name}.Handle=1")
        says(trireme, query, "describe", name)
        says(trireme, query, "classes", name)
    says(trireme, query, "watch",
         "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Proces'")
    says(trireme, "did you mean ProcessId?", "query", "SELECT * FROM Win32_Process WHERE ProcesId = 1")
    says(trireme, "did you mean Name?", "query", "SELECT Nam FROM Win32_Process")
    says(trireme, "did you mean Create?", "call", "Win32_Process", "Creat")
    says(trireme, "did you mean CommandLine?", "call", "Win32_Process", "Create", "CommandLin=true")
    says(trireme, "it takes CommandLine, ", "call", "Win32_Process", "Create", "X=true")
    says(trireme, "add -n 'root\\virtualization\\v2'", "query", "SELECT * FROM Msvm_ComputerSystem")
    done = trireme("query", "SELECT * FROM Zzzzzzzz")
    assert b"did you mean" not in done.stderr, done


def what_other_languages_have_is_said_to_be_missing(trireme):
    says(trireme, "WQL has no ORDER BY", "query", "SELECT Name FROM Win32_Process ORDER BY Name")
    says(trireme, "WQL has no COUNT", "query", "SELECT COUNT(*) FROM Win32_Process")
    says(trireme, "\"SELECT * FROM Win32_Process\"", "query", "Win32_Process")
    says(trireme, "quotation marks", "query", "SELECT", "a.txt", "b.txt", "FROM", "Win32_Process")
    says(trireme, "the query is empty", "query", " ")
    says(trireme, "exclude each other", "query", "--csv", "--json", "SELECT * FROM Win32_Process")


def a_long_query_is_named_by_its_beginning(trireme):
    done = trireme("query", "SELECT * FROM Win32_Process WHERE Name = '" + "\u00e9" * 40000 + "' ORDER")
    assert done.returncode == 125 and len(done.stderr) < 1000 and b"...\": " in done.stderr, done
    done.stderr.decode()


@with_racks
def control_characters_do_not_reach_the_terminal(trireme):
    trireme.text("put", "Test_Rack", "Name=\x1b[31mred\x07\u009b1m", "Tags=[\"a\\nb\"]")
    for arguments in (("query", "--lines", "SELECT Name, Tags FROM Test_Rack WHERE Name LIKE '%red%'"),
                      ("query", "SELECT * FROM Test_Rack WHERE Name LIKE '%red%'"),
                      ("get", "Test_Rack.Name='\x1b[31mred\x07\u009b1m'")):
        lines = trireme.text(*arguments).splitlines()
        assert "Name = \\x1b[31mred\\x07\\xc2\\x9b1m" in lines and "Tags = a\\x0ab" in lines, lines


# ---- get, put, delete ----

@with_racks
def an_object_is_got_by_its_path(trireme):
    assert "Height = 7" in trireme.text("get", "Test_Tall.Name='B \"2\"'").splitlines()
    assert trireme.json("get", "Test_Rack='A1'")["Floor"] == -2
    assert trireme.json("get", "Win32_OperatingSystem=@")["__CLASS"] == "Win32_OperatingSystem"
    refuses(trireme, "get", "Test_Rack='no'", code="WBEM_E_NOT_FOUND", naming="Test_Rack='no'")
    refuses(trireme, "get", "Test_Rack..", code="WBEM_E_INVALID_OBJECT_PATH")
    refuses(trireme, "get", "", code="WBEM_E_INVALID_OBJECT_PATH")


@with_racks
def instances_are_made_and_changed(trireme):
    path = trireme.text("put", "Test_Rack", "Name=C3", "Height=4294967295", "Floor=-128", "Locked=true", "Load=0.25",
                        'Tags=["x", "y"]', "Slots=[1,65535]", "Weight=9223372036854775807", "Letter=65",
                        "Installed=20261121103000.000000+060")
    assert path.endswith('Test_Rack.Name="C3"'), path
    rack = trireme.json("get", "Test_Rack.Name='C3'")
    assert (rack["Height"], rack["Floor"], rack["Locked"], rack["Load"], rack["Tags"], rack["Slots"], rack["Weight"],
            rack["Letter"]) == (4294967295, -128, True, 0.25, ["x", "y"], [1, 65535], 9223372036854775807, 65), rack
    assert trireme.json("put", path, "Height=8", "Tags=one", "Slots=[]", "Locked")["Path"] == path
    rack = trireme.json("get", path)
    assert (rack["Height"], rack["Tags"], rack["Slots"], rack["Locked"]) == (8, ["one"], [], None), rack
    trireme.text("put", "Test_Rack", "Name=C3", "Height=9")
    assert trireme.json("get", path)["Height"] == 9
    refuses(trireme, "put", "--create", "Test_Rack", "Name=C3", code="WBEM_E_ALREADY_EXISTS")
    refuses(trireme, "put", "--create", path, "Height=1", naming="--create")


@with_racks
def values_that_do_not_fit_are_refused(trireme):
    for value, why in {"Height=-1": "range", "Height=4294967296": "range", "Floor=128": "range",
                       "Height=tall": "number", "Locked=maybe": "true nor false", "Slots=[1,70000]": "range"}.items():
        refuses(trireme, "put", "Test_Rack", "Name=D4", value, naming=why)
    refuses(trireme, "put", "Test_Rack", "Name=D4", "Nonsense=1", code="WBEM_E_NOT_FOUND", naming="Nonsense")
    refuses(trireme, "get", "Test_Rack='D4'", code="WBEM_E_NOT_FOUND")


@with_racks
def dates_are_read_as_they_are_shown(trireme):
    for text, stored in {"2026-11-21 10:30:00+01:00": "20261121103000.000000+060",
                         "2026-11-21T10:30:00.25Z": "20261121103000.250000+000",
                         "2026-11-21 10:30:00-03:30": "20261121103000.000000-210",
                         "20261121103000.000000+060": "20261121103000.000000+060",
                         "00000001000000.000000:000": "00000001000000.000000:000"}.items():
        trireme.text("put", "Test_Rack", "Name=A1", f"Installed={text}")
        assert trireme.json("get", "Test_Rack='A1'")["Installed"] == stored, text
    trireme("put", "Test_Rack", "Name=A1", "Installed=2026-11-21", env={"TZ": "UTC-2"})
    assert trireme.json("get", "Test_Rack='A1'")["Installed"] == "20261121000000.000000+120"
    for text in ("tomorrow", "2026-13-01", "2026-11-21 10:30:00 later", "2026-11-21 10:30:00+1"):
        says(trireme, "is no date", "put", "Test_Rack", "Name=A1", f"Installed={text}")


def a_class_is_no_object_to_be_shown(trireme):
    says(trireme, "`trireme query \"SELECT * FROM Win32_Process\"`", "get", "Win32_Process")


@with_racks
def objects_are_deleted_and_classes_only_when_asked_to(trireme):
    assert trireme.text("delete", "Test_Rack='A1'") == ""
    refuses(trireme, "delete", "Test_Rack='A1'", code="WBEM_E_NOT_FOUND")
    refuses(trireme, "delete", "Test_Rack", naming="--class")
    assert len(trireme.json("query", "SELECT Name FROM Test_Rack")) == 1
    trireme.text("delete", "--class", "Test_Rack")
    refuses(trireme, "get", "Test_Tall", code="WBEM_E_NOT_FOUND")


# ---- call ----

def a_method_runs_and_its_answer_is_the_status(trireme):
    marker = os.path.join(trireme.folder, "marker")
    result = trireme.json("call", "Win32_Process", "Create", f"CommandLine=touch {marker}")
    assert result["ReturnValue"] == 0 and result["ProcessId"] > 0, result
    assert eventually(lambda: os.path.exists(marker)), result
    done = trireme("call", "Win32_Process", "Create", "CommandLine=/no/such/program")
    assert done.returncode == 125 and b"ReturnValue = " in done.stdout and b"Create answered " in done.stderr, done
    assert b"answered 9, which is not success: Path not found" in done.stderr, done
    refuses(trireme, "call", "Win32_Process", "NoSuchMethod", naming="NoSuchMethod")
    refuses(trireme, "call", "Win32_Process", "Create", "Nonsense=1", code="WBEM_E_NOT_FOUND", naming="Nonsense")


# ---- classes, describe, mof ----

@with_racks
def classes_are_listed_and_described(trireme):
    listed = trireme.json("classes", "--pattern", "test_*")
    assert listed == [{"Name": "Test_Rack", "Superclass": None},
                      {"Name": "Test_Tall", "Superclass": "Test_Rack"}], listed
    assert [row.split() for row in trireme.text("classes", "--noheadings", "Test_Rack").splitlines()] == [
        ["Test_Tall", "Test_Rack"]]
    assert "Test_Tall" not in trireme.text("classes", "--shallow")
    assert "Win32_Process" in trireme.text("classes", "CIM_Process")
    text = trireme.text("describe", "Test_Tall")
    assert re.search(r"class Test_Tall\s*:\s*Test_Rack", text) and "string Note" in text, text
    described = trireme.json("describe", "Test_Rack")
    name = described["Properties"][0]
    assert (name["Name"], name["Type"], name["IsKey"], name["Origin"]) == ("Name", "string", True, "Test_Rack"), name
    assert described["Mof"] == trireme.text("describe", "Test_Rack")
    assert "Create" in trireme.json("describe", "Win32_Process")["Methods"]
    refuses(trireme, "classes", "No_Such", code="WBEM_E_INVALID_CLASS")


@with_racks
def what_is_described_can_be_compiled_again(trireme):
    text = trireme.text("describe", "Test_Rack")
    trireme.text("delete", "--class", "Test_Rack")
    trireme.text("mof", "-", input=text.encode())
    assert trireme.text("describe", "Test_Rack") == text


def mof_is_all_or_nothing(trireme):
    name = os.path.join(trireme.folder, "two.mof")
    with open(name, "w", encoding="utf-8") as file:
        file.write("class Test_One { [key] string A; };\nclass Test_Two : Test_Missing { string B; };\n")
    refuses(trireme, "mof", name, naming=name)
    refuses(trireme, "get", "Test_One", code="WBEM_E_NOT_FOUND")
    refuses(trireme, "mof", "-", input=b"class Test_Three {\n\n  strin g A;\n};\n", naming="line 3")
    trireme.text("mof", "--check", "-", input=b"class Test_Four { [key] string A; };")
    refuses(trireme, "get", "Test_Four", code="WBEM_E_NOT_FOUND")
    refuses(trireme, "mof", "/no/such/file", naming="No such file")
    trireme.text("mof", "-", input=b"class Test_Four { [key] string A; };")
    assert trireme.json("get", "Test_Four")["__CLASS"] == "Test_Four"


def included_files_are_looked_for_beside_the_one_that_names_them(trireme):
    folder = os.path.join(trireme.folder, "schema")
    os.mkdir(folder)
    texts = {"all.mof": '#pragma include("base.mof")\n#pragma include("more.mof")\n',
             "base.mof": "class Test_Base { [key] string A; };\n", "more.mof": "class Test_More : Test_Base { string B; };\n"}
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    trireme.text("mof", os.path.relpath(os.path.join(folder, "all.mof")))
    assert "Test_Base" in trireme.text("describe", "Test_More")
    os.unlink(os.path.join(folder, "more.mof"))
    refuses(trireme, "mof", os.path.join(folder, "all.mof"), naming="more.mof")


# ---- watch ----

CREATED = "SELECT * FROM __InstanceCreationEvent WITHIN 0.1 WHERE TargetInstance ISA 'Test_Rack'"


def make_until(trireme, condition):
    """Racks, until what watches them has begun to."""
    number = iter(range(10000))
    return eventually(lambda: trireme.text("put", "Test_Rack", f"Name=W{next(number)}") and condition(), 60)


@with_racks
def events_are_printed_as_they_come(trireme):
    with trireme.start("watch", "--json", "--count", "1", CREATED) as watcher:
        assert make_until(trireme, lambda: watcher.poll() is not None)
        event = json.loads(watcher.stdout.read())
        assert watcher.returncode == 0 and event["__CLASS"] == "__InstanceCreationEvent", event
        assert event["TargetInstance"]["Name"].startswith("W"), event
    with trireme.start("watch", "--count", "1", CREATED) as watcher:
        assert make_until(trireme, lambda: watcher.poll() is not None)
        line = watcher.stdout.read().decode()
        assert re.fullmatch(r'__InstanceCreationEvent  .*TargetInstance=Test_Rack\.Name="W\d+".*\n', line), line


@with_racks
def watching_ends_with_ctrl_c(trireme):
    with trireme.start("watch", CREATED) as watcher:
        assert make_until(trireme, lambda: watcher.stdout in wait_for(watcher))
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(30) == 130 and watcher.stderr.read() == b"", watcher


@with_racks
def watching_ends_with_no_signal_that_is_ignored(trireme):
    for number in (signal.SIGHUP, signal.SIGINT):
        ignore = lambda number=number: signal.signal(number, signal.SIG_IGN)
        with trireme.start("watch", CREATED, preexec_fn=ignore) as watcher:
            assert make_until(trireme, lambda watcher=watcher: watcher.stdout in wait_for(watcher))
            watcher.send_signal(number)
            watcher.send_signal(signal.SIGTERM)  # taken after the other, if that is taken
            assert watcher.wait(30) == 128 + signal.SIGTERM, (number, watcher.returncode)


def wait_for(watcher):
    return select.select([watcher.stdout], [], [], 0)[0]


@with_racks
def watching_ends_when_its_time_is_over(trireme):
    assert trireme.text("watch", "--timeout", "1", CREATED) == ""
    refuses(trireme, "watch", "--timeout", "1", "--count", "1", CREATED, naming="0 of 1")
    refuses(trireme, "watch", "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Win32_Process'",
            code="WBEMESS_E_REGISTRATION_TOO_PRECISE")
    refuses(trireme, "watch", "SELECT * FROM Test_Rack WITHIN 1", code="WBEM_E_NOT_EVENT_CLASS")


def a_closed_output_ends_it(trireme):
    reader, writer = os.pipe()
    os.close(reader)
    asking = trireme.start("query", "SELECT * FROM Win32_Process", stdout=writer)
    os.close(writer)
    said = asking.communicate(timeout=60)[1]
    assert asking.returncode in (125, -signal.SIGPIPE), said


if __name__ == "__main__":
    main([a_query_shows_the_running_system, columns_come_in_the_order_of_the_query, values_are_shown_by_their_types,
          many_whole_objects_are_a_table_without_empty_columns,
          a_narrow_terminal_loses_no_column_and_no_end_of_a_name, comma_separated_values_can_be_read_back,
          nothing_found_is_no_failure, mistakes_in_queries_are_explained,
          a_misspelt_name_is_answered_with_the_one_that_was_meant, what_other_languages_have_is_said_to_be_missing,
          a_long_query_is_named_by_its_beginning, control_characters_do_not_reach_the_terminal,
          dates_are_read_as_they_are_shown, a_class_is_no_object_to_be_shown, an_object_is_got_by_its_path,
          instances_are_made_and_changed, values_that_do_not_fit_are_refused,
          objects_are_deleted_and_classes_only_when_asked_to, a_method_runs_and_its_answer_is_the_status,
          classes_are_listed_and_described, what_is_described_can_be_compiled_again, mof_is_all_or_nothing,
          included_files_are_looked_for_beside_the_one_that_names_them,
          events_are_printed_as_they_come, watching_ends_with_ctrl_c, watching_ends_with_no_signal_that_is_ignored,
          watching_ends_when_its_time_is_over, a_closed_output_ends_it])
