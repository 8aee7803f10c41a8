"""What tools/embed-schema.py makes of MOF, and what it refuses. Prints TAP. The only argument is the tool."""
import os
import subprocess
import sys
import tempfile

HERE = '#pragma namespace("\\\\\\\\.\\\\root\\\\cimv2")\n'
EVERYWHERE = '#pragma namespace("\\\\\\\\.\\\\*")\n'


def embed(*texts):
    """The exit status, the table, and what was said."""
    with tempfile.TemporaryDirectory(prefix="trireme-test-") as folder:
        names = []
        for number, text in enumerate(texts):
            names.append(os.path.join(folder, f"{number}.mof"))
            with open(names[-1], "w") as file:
                file.write(text)
        output = os.path.join(folder, "out.c")
        run = subprocess.run([sys.argv[1], *names, "-o", output], capture_output=True, text=True, timeout=60)
        table = open(output).read() if os.path.exists(output) else ""
        return run.returncode, table, run.stderr


def refuses(words, *texts):
    status, table, said = embed(*texts)
    return status != 0 and not table and words in said and said.count("\n") == 1


def classes_are_cut_out_of_files_sorted_and_without_comments():
    status, table, _ = embed(HERE + "// b\nclass B : a { /* x */ string P = \"// {no} comment;\"; };",
                             EVERYWHERE + "[abstract, Description(\"x]\")]\nclass A\n{\n};")
    return (status == 0 and '{"*", "A", NULL, "[abstract,Description(\\"x]\\")]class A{};"},' in table
            and '{"root\\\\cimv2", "B", "a", "class B:a{string P=\\"// {no} comment;\\";};"},' in table
            and table.index('"A"') < table.index('"B"'))


def a_name_may_stand_in_two_namespaces_but_not_twice_in_one():
    other = HERE.replace("cimv2", "WMI")
    return (embed(HERE + "class A {};", other + "class A {};")[0] == 0
            and refuses("A stands twice", HERE + "class A {};", HERE + "class a {};".replace("a", "A"))
            and refuses("a stands twice", EVERYWHERE + "class A {};", HERE + "class a {};"))


def a_superclass_that_is_out_of_reach_is_refused():
    return (refuses("the superclass Z of A is in no schema file", HERE + "class A : Z {};")
            and refuses("the superclass B of A", HERE + "class A : B {};", HERE.replace("cimv2", "WMI") + "class B {};")
            and refuses("is above itself", HERE + "class A : B {}; class B : A {};"))


def what_is_no_class_of_a_namespace_is_refused():
    return (refuses("no #pragma namespace", "class A {};") and refuses("this is no MOF", HERE + "class A { ? };")
            and refuses("does not end", HERE + "class A {") and refuses("classes only", HERE + "instance of A {};")
            and refuses("knows no pragma but", "#pragma include(\"x\")\n"))


def main():
    tests = [classes_are_cut_out_of_files_sorted_and_without_comments,
             a_name_may_stand_in_two_namespaces_but_not_twice_in_one,
             a_superclass_that_is_out_of_reach_is_refused, what_is_no_class_of_a_namespace_is_refused]
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        print(f"{'ok' if test() else 'not ok'} {number} - {test.__name__}", flush=True)


main()
