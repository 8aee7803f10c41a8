"""trireme disk: the whole life of disks, on real loop devices, and what it refuses."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess

from harness import Skip, Terminal, eventually, main
from loops import attached, clean, formatted, image, initialised, leftovers, loops, mounts, need_disks, path, volume

MIB = 1 << 20
FORMATS = ("raw", "vhd", "vhdx", "qcow2")


def folder(trireme, name="mnt"):
    os.makedirs(path(trireme, name), exist_ok=True)
    return path(trireme, name)


def info(trireme, name):
    return trireme.json("disk", "info", name)


def detach(trireme, *names):
    """Another program that lists the disks has each of them open for a moment, and then it is in use."""
    for name in names:
        said = []
        done = lambda name=name, said=said: said.append(trireme("disk", "detach", name)) or not said[-1].returncode
        assert eventually(done), said[-1]


def refuses(trireme, *arguments, code=None, naming=""):
    """Exits with 125 after one sentence that names what it is about, and the code."""
    done = trireme("disk", *arguments)
    assert done.returncode == 125 and done.stdout == b"", done
    assert re.fullmatch(rb"trireme: [^\n]+\n", done.stderr), done
    assert naming in done.stderr.decode(), done
    if code:
        assert f"({code}, 0x" in done.stderr.decode(), done
    return done.stderr.decode()


def content(name):
    with open(name, "rb") as file:
        return file.read()


# ---- images ----

@clean
def sizes_are_read_as_people_write_them(trireme):
    for number, (size, expected) in enumerate({
            "4M": 4 * MIB, "4m": 4 * MIB, "4MiB": 4 * MIB, "1.5MiB": 3 * MIB // 2, "2MB": 2000000 // 512 * 512 + 512,
            "1048576": MIB, "1048576B": MIB, "0.5g": 512 * MIB, "2 MiB": 2 * MIB, "10G": 10 << 30}.items()):
        name = image(trireme, f"{number}.img", size)
        assert os.path.getsize(name) == expected, (size, os.path.getsize(name))


@clean
def sizes_that_make_no_sense_are_refused(trireme):
    for size in ("0", "", "-1", "ten", "5X", "1e9", "0x10", "1.5", "1..5M", "4MM", "nan",
                 "+5"):
        refuses(trireme, "create", "--", path(trireme, "x.img"), size, naming="it is not a size")
    for size in ("8E", "8EiB", "9223372036854775808", "99999999999999999999", "9" * 400 + "k",
                 "7.9999999999999999999E"):
        refuses(trireme, "create", path(trireme, "x.img"), size,
                naming="it is too large: the largest size is 9223372036854775296 bytes")
        refuses(trireme, "resize", path(trireme, "x.img"), f"+{size}", naming="it is too large: the largest size is")
    refuses(trireme, "create", path(trireme, "x.img"), naming="SIZE")
    refuses(trireme, "create", path(trireme, "x.img"), "1000", code="E_INVALIDARG", naming="512")
    assert not os.path.exists(path(trireme, "x.img"))


@clean
def images_of_every_format_are_made(trireme):
    for kind in FORMATS:
        for how in ((f"a.{kind}",), ("--format", kind, f"b-{kind}")):
            made = trireme.text("disk", "create", *how[:-1], path(trireme, how[-1]), "8M")
            facts = info(trireme, made)
            assert facts["Format"] == kind and facts["VirtualSize"] == 8 * MIB and facts["Path"] == made, facts
            assert facts["Disk"] is None and facts["Parent"] is None, facts


@clean
def a_fixed_image_has_room_for_every_block(trireme):
    for kind in ("raw", "vhd", "vhdx"):
        trireme.text("disk", "create", "--fixed", path(trireme, f"full.{kind}"), "8M")
        assert os.stat(path(trireme, f"full.{kind}")).st_blocks * 512 >= 8 * MIB, kind
    assert os.stat(image(trireme)).st_blocks * 512 < MIB


@clean
def a_file_that_exists_is_left_alone(trireme):
    name = path(trireme, "notes.img")
    with open(name, "w", encoding="utf-8") as file:
        file.write("precious")
    refuses(trireme, "create", name, "8M", naming="left alone")
    refuses(trireme, "convert", image(trireme), name, naming="left alone")
    assert content(name) == b"precious"
    refuses(trireme, "create", path(trireme, "no/such/folder/x.img"), "8M", code="VDS_E_INVALID_PATH")
    refuses(trireme, "create", trireme.folder + "/", "8M", code="VDS_E_INVALID_PATH")


@clean
def a_child_keeps_what_differs_from_its_parent(trireme):
    parent = image(trireme, "parent.qcow2")
    child = trireme.text("disk", "create", "--parent", parent, path(trireme, "child.qcow2"))
    facts = info(trireme, child)
    assert facts["Parent"] == parent and facts["VirtualSize"] == 64 * MIB, facts
    refuses(trireme, "create", "--parent", parent, "--from", parent, path(trireme, "x.qcow2"), naming="exclude")
    refuses(trireme, "create", "--parent", path(trireme, "none.qcow2"), path(trireme, "x.qcow2"), naming="none.qcow2")


@clean
def an_image_is_copied_and_converted_with_all_that_is_in_it(trireme):
    source = image(trireme, size="8M")
    data = os.urandom(3 * MIB) + bytes(5 * MIB)
    with open(source, "r+b") as file:
        file.write(data)
    copy = trireme.text("disk", "create", "--from", source, path(trireme, "copy.vhdx"))
    for name in ("one.qcow2", "two.vhd", "three.img"):
        copy = trireme.text("disk", "convert", copy, path(trireme, name))
        assert info(trireme, copy)["Format"] == {"qcow2": "qcow2", "vhd": "vhd", "img": "raw"}[name.split(".")[1]]
    assert content(copy)[:8 * MIB] == data


@clean
def an_image_grows(trireme):
    for kind in FORMATS:
        name = image(trireme, f"grow.{kind}", "8M")
        trireme.text("disk", "resize", name, "+8M")
        assert info(trireme, name)["VirtualSize"] == 16 * MIB, kind
        assert trireme.json("disk", "resize", name, "24MiB")["VirtualSize"] == 24 * MIB, kind
        refuses(trireme, "resize", name, "-8M", naming="only grow")
        refuses(trireme, "resize", name, "8M", naming=name)


@clean
def of_an_image_that_cannot_be_read_no_size_is_told(trireme):
    for kind in ("vhdx", "qcow2"):
        name = image(trireme, f"cut.{kind}")
        assert info(trireme, name)["Readable"] is True
        os.truncate(name, 60)
        facts = info(trireme, name)
        assert facts["Readable"] is False and facts["VirtualSize"] is None and facts["Fixed"] is None, facts
        assert "Size" not in trireme.text("disk", "info", name)
    name = image(trireme, "theirs.img")
    os.chmod(name, 0o600)
    os.chmod(trireme.folder, 0o755)
    os.chown(folder(trireme, "run-of-another"), 65534, 65534)
    done = trireme("disk", "info", "--json", name, user=65534, group=65534, extra_groups=[],
                   env={"TRIREME_RUNTIME_DIR": path(trireme, "run-of-another")})
    facts = json.loads(done.stdout)
    assert facts["Readable"] is False and facts["VirtualSize"] is None, facts


# ---- attaching ----

@clean
def an_attached_image_is_a_disk_until_it_is_detached(trireme):
    for kind in FORMATS:
        name = image(trireme, f"disk.{kind}")
        device = trireme.text("disk", "attach", name)
        assert re.fullmatch(r"/dev/loop\d+", device) and device in loops(trireme.folder), device
        facts = info(trireme, device)
        assert facts["Image"] == name and facts["Size"] == 64 * MIB and facts["PartitionStyle"] is None, facts
        assert info(trireme, name)["Disk"]["Device"] == device
        refuses(trireme, "attach", name, code="VDS_E_VD_ALREADY_ATTACHED")
        detach(trireme, name if kind in ("raw", "vhdx") else device)
        refuses(trireme, "detach", name, code="VDS_E_VD_ALREADY_DETACHED")
        assert not leftovers(trireme)


@clean
def an_attached_image_whose_file_was_removed_is_detached_by_its_name(trireme):
    device = attached(trireme)
    os.unlink(path(trireme, "disk.img"))
    assert info(trireme, path(trireme, "disk.img"))["Disk"]["Device"] == device
    detach(trireme, path(trireme, "disk.img"))
    refuses(trireme, "detach", path(trireme, "disk.img"), code="VDS_E_OBJECT_NOT_FOUND", naming="no image of that name")


@clean
def a_read_only_disk_is_not_written_to(trireme):
    device, part = formatted(trireme)
    detach(trireme, device)
    before = content(path(trireme, "disk.img"))
    device = trireme.text("disk", "attach", "--read-only", path(trireme, "disk.img"))
    assert info(trireme, device)["ReadOnly"] is True
    for arguments in (("format", "--yes", device + "p1"), ("clean", "--yes", device), ("partition", device),
                      ("partition", "--yes", "--delete", "1", device)):
        refuses(trireme, *arguments, naming=device)
    detach(trireme, device)
    assert content(path(trireme, "disk.img")) == before and part


@clean
def detaching_can_delete_the_file(trireme):
    name = image(trireme)
    trireme.text("disk", "attach", name)
    assert trireme.text("disk", "detach", "--delete", "--yes", name) == name
    assert not os.path.exists(name)


@clean
def a_damaged_image_is_not_attached(trireme):
    for kind in ("vhdx", "qcow2"):
        name = image(trireme, f"cut.{kind}")
        os.truncate(name, 60)
        refuses(trireme, "attach", name, naming=name)
    with open(path(trireme, "empty.img"), "wb"):
        refuses(trireme, "attach", path(trireme, "empty.img"), naming="empty.img")


# ---- the whole life ----

def live(trireme, name, filesystem):
    device, part = volume(trireme, name=name, size="400M")
    assert trireme.text("disk", "format", "--yes", "--type", filesystem, "--label", "data", part) == part
    mount = folder(trireme)
    assert trireme.text("disk", "mount", part, mount) == mount
    with open(os.path.join(mount, "letter"), "w", encoding="utf-8") as file:
        file.write("kept")
    facts = info(trireme, part)
    assert facts["FileSystem"].lower() == filesystem and facts["Label"] == "data", facts
    assert facts["AccessPaths"] == [mount], facts
    refuses(trireme, "detach", device, code="VDS_E_DEVICE_IN_USE")
    assert trireme.text("disk", "unmount", part) == mount
    assert "no damage" in trireme.text("disk", "check", part)
    detach(trireme, device)
    device = trireme.text("disk", "attach", path(trireme, name))
    trireme.text("disk", "mount", device + "p1", mount)
    assert content(os.path.join(mount, "letter")) == b"kept"
    trireme.text("disk", "unmount", mount)
    detach(trireme, device)


def a_life(kind, filesystem, tool):
    @clean
    def test(trireme):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise Skip(f"there is no {tool}")
        live(trireme, f"disk.{kind}", filesystem)
    test.__name__ = f"the_whole_life_of_a_{kind}_image_with_{filesystem}"
    return test


LIVES = [a_life(kind, "ext4", "mkfs.ext4") for kind in FORMATS] + \
    [a_life("raw", "xfs", "mkfs.xfs"), a_life("vhdx", "btrfs", "mkfs.btrfs"), a_life("vhd", "ntfs", "mkntfs")]


# ---- tables ----

@clean
def partitions_take_what_is_asked_for(trireme):
    device = initialised(trireme, size="256M")
    first = trireme.json("disk", "partition", "--size", "32M", "--name", "système", "--type", "esp", device)
    assert first["Device"] == device + "p1" and first["Number"] == 1 and first["Size"] == 32 * MIB, first
    assert first["Name"] == "système" and first["Type"] == "esp", first
    second = trireme.json("disk", "partition", "--offset", "100M", "--size", "16M", "--type", "swap", device)
    assert second["Offset"] == 100 * MIB and second["Size"] == 16 * MIB and second["Type"] == "swap", second
    rest = trireme.json("disk", "partition", device)
    assert rest["Offset"] == 116 * MIB and rest["Type"] == "linux" and rest["Size"] > 138 * MIB, rest
    between = trireme.json("disk", "partition", "-t", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", device)
    assert between["Type"] == "basic" and between["Offset"] + between["Size"] == 100 * MIB, between
    refuses(trireme, "partition", device, code="VDS_E_NOT_ENOUGH_SPACE")
    assert [part["Number"] for part in info(trireme, device)["Partitions"]] == [1, 4, 2, 3]
    detach(trireme, device)


@clean
def partitions_that_cannot_be_are_refused_and_nothing_changes(trireme):
    raw = attached(trireme, name="raw.img")
    refuses(trireme, "partition", raw, code="VDS_E_DISK_NOT_INITIALIZED", naming="disk init")
    detach(trireme, raw)
    device = initialised(trireme)
    before = info(trireme, device)
    for arguments in (("--size", "1T"), ("--offset", "1T"), ("--offset", "32M", "--size", "64M"), ("--type", "0x83"),
                      ("--type", "extended"), ("--name", "n" * 37), ("--size", str((1 << 63) - 1))):
        refuses(trireme, "partition", *arguments, device, naming=device)
    for arguments in (("--type", "nonsense"), ("--type", "0x1ff"), ("--size", "0"), ("--delete", "0"),
                      ("--delete", "x")):
        refuses(trireme, "partition", *arguments, device, naming=arguments[0])
    refuses(trireme, "partition", "--delete", "1", "--size", "1M", device, naming="--delete")
    refuses(trireme, "partition", "--yes", "--delete", "7", device, code="VDS_E_OBJECT_NOT_FOUND")
    assert info(trireme, device) == before
    detach(trireme, device)


@clean
def an_mbr_holds_its_own_kind_of_partitions(trireme):
    device = initialised(trireme, style="mbr")
    first = trireme.json("disk", "partition", "--size", "16M", device)
    assert first["Type"] == "linux" and first["PartitionType"] == "0x83", first
    second = trireme.json("disk", "partition", "--type", "0x07", device)
    assert second["Type"] == "basic" and second["Device"] == device + "p2", second
    assert info(trireme, device)["PartitionStyle"] == "MBR"
    refuses(trireme, "partition", "--name", "x", device, code="VDS_E_PARTITION_STYLE_MISMATCH")
    refuses(trireme, "partition", "--type", "msr", device, code="VDS_E_PARTITION_STYLE_MISMATCH")
    detach(trireme, device)


@clean
def a_disk_is_initialised_once_and_cleaned(trireme):
    device, part = formatted(trireme, "--label", "old")
    refuses(trireme, "init", "--yes", device, naming=device)
    assert trireme.text("disk", "clean", "--yes", device) == device
    facts = info(trireme, device)
    assert facts["PartitionStyle"] is None and facts["Partitions"] == [] and not os.path.exists(part), facts
    trireme.text("disk", "init", "--yes", device)
    again = trireme.json("disk", "partition", device)
    assert again["FileSystem"] is None and again["Label"] is None, "the old file system is back"
    trireme.text("disk", "clean", "--yes", "--full", device)
    detach(trireme, device)
    assert not any(content(path(trireme, "disk.img")))


@clean
def a_partition_is_deleted_by_its_number(trireme):
    device = initialised(trireme)
    trireme.text("disk", "partition", "--size", "16M", device)
    trireme.text("disk", "partition", "--type", "msr", device)
    assert trireme.text("disk", "partition", "--yes", "--delete", "1", device) == device + "p1"
    assert [part["Number"] for part in info(trireme, device)["Partitions"]] == [2]
    refuses(trireme, "partition", "--yes", "--delete", "2", device, code="VDS_E_PARTITION_PROTECTED")
    trireme.text("disk", "partition", "--yes", "--force", "--delete", "2", device)
    assert info(trireme, device)["Partitions"] == [] and not glob.glob(device + "p*")
    detach(trireme, device)


# ---- file systems ----

@clean
def formats_that_cannot_be_are_refused_and_nothing_changes(trireme):
    device, part = formatted(trireme, "--label", "kept")
    before = info(trireme, part)
    refuses(trireme, "format", "--yes", "--type", "zfs2", part, naming="zfs2")
    refuses(trireme, "format", "--yes", "--label", "far too long for ext4", part, code="VDS_E_BAD_LABEL")
    refuses(trireme, "format", "--yes", "--unit", "1000", part, naming=part)
    refuses(trireme, "format", "--yes", "--unit", "8G", part, naming="--unit")
    refuses(trireme, "format", "--yes", device, naming="DISK:1")
    refuses(trireme, "format", "--yes", device + ":9", code="VDS_E_OBJECT_NOT_FOUND")
    assert info(trireme, part) == before
    detach(trireme, device)


@clean
def a_unit_a_label_and_a_partition_that_is_no_volume(trireme):
    device = initialised(trireme, size="128M")
    esp = trireme.text("disk", "partition", "--size", "40M", "--type", "esp", device)
    part = trireme.text("disk", "partition", device)
    made = trireme.json("disk", "format", "--yes", "--unit", "1K", "-l", "Größe", part)
    assert made["AllocationUnitSize"] == 1024 and made["Label"] == "Größe" and made["FileSystem"] == "ext4", made
    if shutil.which("mkfs.vfat", path=os.environ["PATH"] + ":/usr/sbin"):
        trireme.text("disk", "format", "--yes", "--type", "fat32", esp)
        assert info(trireme, esp)["FileSystem"] == "FAT32"
        refuses(trireme, "mount", esp, folder(trireme), naming=esp)
    assert part in trireme.text("disk", "list")
    detach(trireme, device)


@clean
def what_is_mounted_is_left_alone_unless_forced(trireme):
    device, part = formatted(trireme, "--label", "old")
    mount = folder(trireme)
    trireme.text("disk", "mount", part, mount)
    for arguments in (("format", "--yes", part), ("clean", "--yes", device), ("partition", "--yes", "-d", "1", device)):
        assert mount in refuses(trireme, *arguments, code="VDS_E_DEVICE_IN_USE"), arguments
    refuses(trireme, "detach", device, code="VDS_E_DEVICE_IN_USE")
    refuses(trireme, "check", part, code="VDS_E_DEVICE_IN_USE")
    assert info(trireme, part)["Label"] == "old"
    trireme.text("disk", "format", "--yes", "--force", "--label", "new", part)
    facts = info(trireme, part)
    assert facts["Label"] == "new" and facts["AccessPaths"] == [mount], facts
    trireme.text("disk", "clean", "--yes", "--force", device)
    assert mounts(mount) == []
    detach(trireme, device)


@clean
def a_volume_is_mounted_at_folders_and_letters(trireme):
    device, part = formatted(trireme)
    first, second = folder(trireme, "a"), folder(trireme, "b")
    trireme.text("disk", "mount", part, first)
    trireme.text("disk", "mount", part, second)
    letter, behind = trireme.text("disk", "mount", part, "x:").split()
    assert letter == "X:\\" and behind.startswith(trireme.folder) and os.path.ismount(behind), behind
    facts = info(trireme, part)
    assert facts["AccessPaths"][0] == "X:\\" and set(facts["AccessPaths"][1:]) == {first, second}, facts
    assert trireme.text("disk", "unmount", "X:") == "X:\\"
    assert trireme.text("disk", "unmount", second + "/") == second
    assert info(trireme, part)["AccessPaths"] == [first]
    os.makedirs(path(trireme, "full/of"))
    refuses(trireme, "mount", part, path(trireme, "full"), naming=path(trireme, "full"))
    refuses(trireme, "mount", part, path(trireme, "none"), code="VDS_E_PATH_NOT_FOUND")
    assert trireme.json("disk", "unmount", part)["AccessPaths"] == [first]
    refuses(trireme, "unmount", part, code="VDS_E_VOLUME_NOT_MOUNTED")
    refuses(trireme, "unmount", second, code="VDS_E_PATH_NOT_FOUND")
    refuses(trireme, "unmount", "X:", code="VDS_E_PATH_NOT_FOUND")
    detach(trireme, device)


@clean
def the_folder_of_a_letter_is_one_that_can_be_entered(trireme):
    trireme.environment["TRIREME_RUNTIME_DIR"] = folder(trireme, "run of this")
    device, part = formatted(trireme)
    letter, place = trireme.text("disk", "mount", part, "Q:").split("  ")
    assert letter == "Q:\\" and place == path(trireme, "run of this/drives/Q") and os.path.ismount(place), place
    refuses(trireme, "mount", part, "", naming=f' {part} at "": there is no such folder')
    trireme.text("disk", "unmount", "Q:")
    detach(trireme, device)


@clean
def a_volume_in_use_is_unmounted_only_by_force(trireme):
    device, part = formatted(trireme)
    mount = folder(trireme)
    trireme.text("disk", "mount", part, mount)
    with open(os.path.join(mount, "open"), "wb"):
        refuses(trireme, "unmount", part, code="VDS_E_DEVICE_IN_USE")
        trireme.text("disk", "unmount", "--force", part)
    assert mounts(mount) == []
    assert eventually(lambda: trireme("disk", "detach", device).returncode == 0)


@clean
def a_volume_is_resized_with_its_file_system(trireme):
    device = initialised(trireme, size="400M")
    part = trireme.text("disk", "partition", "--size", "200M", device)
    trireme.text("disk", "format", "--yes", part)
    size = info(trireme, part)["Size"]
    trireme.text("disk", "resize", part, "+64M")
    assert info(trireme, part)["Size"] == size + 64 * MIB
    assert trireme.json("disk", "resize", part, "-32M")["Size"] == size + 32 * MIB
    assert trireme.json("disk", "resize", part, "128M")["Size"] == 128 * MIB
    assert trireme.json("disk", "resize", part, "max")["Size"] > 390 * MIB
    assert trireme.json("disk", "resize", part, "min")["Size"] < 200 * MIB
    before = info(trireme, part)
    for change in ("+1T", "-1T", "1"):
        refuses(trireme, "resize", part, change, naming=part)
    for change in ("bigger", "+0", "--", "", "++5M"):
        refuses(trireme, "resize", "--", part, change, naming=change)
    assert info(trireme, part) == before
    assert "no damage" in trireme.text("disk", "check", part)
    detach(trireme, device)


@clean
def damage_is_found_and_repaired(trireme):
    device, part = formatted(trireme)
    with open(part, "r+b") as disk:  # the first group's bitmaps and inodes, behind the superblock and the descriptors
        disk.seek(200 * 1024)
        disk.write(os.urandom(200 * 1024))
        os.fsync(disk.fileno())
    done = trireme("disk", "check", part)
    assert done.returncode == 125 and b"0x8" in done.stderr, done
    assert "no damage" in trireme.text("disk", "check", "--repair", part)
    assert "no damage" in trireme.text("disk", "check", part)
    detach(trireme, device)


@clean
def images_are_checked_too(trireme):
    name = image(trireme, "disk.qcow2")
    assert "no damage" in trireme.text("disk", "check", name)
    with open(name, "r+b") as file:  # the refcount table is gone
        file.seek(65536)
        file.write(b"\xff" * 4096)
    refuses(trireme, "check", name, naming=name)


# ---- questions ----

@clean
def nothing_is_erased_without_a_yes(trireme):
    raw = attached(trireme, name="raw.img")
    device, part = formatted(trireme, "--label", "data")
    before = content(path(trireme, "disk.img"))
    for arguments, words in ((("init", raw), (raw, "64.0 MiB")), (("format", part), (part, "ext4 'data'")),
                             (("clean", device), (device, part, "GPT")),
                             (("partition", "--delete", "1", device), (part, "ext4 'data'")),
                             (("detach", "--delete", device), (path(trireme, "disk.img"),))):
        said = refuses(trireme, *arguments, naming="--yes")
        assert all(word in said for word in words), said
    assert content(path(trireme, "disk.img")) == before and info(trireme, raw)["PartitionStyle"] is None
    detach(trireme, raw, device)


@clean
def a_terminal_is_asked_and_its_answer_counts(trireme):
    device, part = formatted(trireme, "--label", "data")
    for answer, status, label in (("n\n", 125, "data"), ("\n", 125, "data"), ("\x04", 125, "data"),
                                  ("nyes\n", 125, "data"), ("y\n", 0, "new"), ("Yes\n", 0, "new")):
        with Terminal(trireme, "disk", "format", "--label", "new", part) as terminal:
            terminal.expect(rb"This will erase " + part.encode() + rb" \(ext4 '(data|new)', [^)]* MiB\)")
            terminal.expect(rb"\[y/N\] ")
            terminal.type(answer.encode())
            if status:
                terminal.expect(rb"\ntrireme: nothing was changed")
            assert terminal.wait() == status, terminal.seen
        assert info(trireme, part)["Label"] == label
    detach(trireme, device)


@clean
def the_disk_of_the_running_system_is_refused(trireme):
    for disk in trireme.json("disk", "list"):
        if disk["System"]:
            refuses(trireme, "clean", "--yes", disk["Device"], code="VDS_E_OPERATION_DENIED")
            refuses(trireme, "init", "--yes", disk["Device"], naming=disk["Device"])
            for name in [part["Device"] for part in disk["Partitions"]] or [disk["Device"]]:
                refuses(trireme, "format", "--yes", name, code="VDS_E_OPERATION_DENIED")
    number = os.stat("/").st_dev  # where it is kept from us altogether, that is what is said
    node = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not os.path.exists(node):
        raise Skip("the root is on no disk")
    said = refuses(trireme, "format", "--yes", os.path.basename(node), naming=os.path.basename(node))
    assert "VDS_E_OPERATION_DENIED" in said or "E_ACCESSDENIED" in said, said


# ---- telling ----

@clean
def disks_are_listed_as_a_tree(trireme):
    device, part = formatted(trireme, "--label", "data")
    lines = trireme.text("disk", "list").splitlines()
    assert lines[0].split() == ["NAME", "DRIVE", "SIZE", "STYLE", "TYPE", "FS", "LABEL", "MOUNTED", "IMAGE"], lines
    disk = next(line for line in lines if line.startswith(device))
    below = lines[lines.index(disk) + 1]
    assert "PhysicalDrive" in disk and "GPT" in disk and path(trireme, "disk.img") in disk, disk
    assert part in below and not below.startswith("/") and "ext4" in below and "data" in below, below
    bare = trireme.text("disk", "list", "--noheadings", "--bytes")
    assert "NAME" not in bare and str(64 * MIB) in bare, bare
    detach(trireme, device)


@clean
def free_space_is_listed_where_it_is_asked_for(trireme):
    device = initialised(trireme)
    trireme.text("disk", "partition", "--offset", "16M", "--size", "16M", device)
    lines = trireme.text("disk", "list", "--free").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(device))
    assert device + "p1" in lines[at + 1] and all("(free)" in line for line in lines[at + 2:at + 4]), lines
    detach(trireme, device)


@clean
def what_is_known_is_told_as_json(trireme):
    device, part = formatted(trireme, "--label", "data")
    disk = next(disk for disk in trireme.json("disk", "list") if disk["Device"] == device)
    assert disk == info(trireme, device)
    assert {"Name", "Id", "FriendlyName", "BytesPerSector", "BusType", "Status", "DiskId", "FreeExtents"} <= set(disk)
    assert re.fullmatch(r"\\\\\?\\PhysicalDrive\d+", disk["Name"]), disk
    mine, = disk["Partitions"]
    assert re.fullmatch(r"\\\\\?\\Volume\{[0-9a-f-]{36}\}\\", mine["Volume"]), mine
    assert mine["Device"] == part and mine["AccessPaths"] == [] and mine["Offset"] in (64 * 1024, MIB), mine
    text = trireme.text("disk", "info", device)
    assert part in text and mine["Volume"] in text and f"({64 * MIB} bytes)" in text, text
    detach(trireme, device)


@clean
def one_thing_goes_by_many_names(trireme):
    device, part = formatted(trireme)
    disk, mine = info(trireme, device), info(trireme, part)
    name = device.rsplit("/", 1)[1]
    drive = disk["Name"].rsplit("\\", 1)[1]
    for alias in (name, disk["Name"], drive, drive.lower()):
        assert info(trireme, alias) == disk, alias
    for alias in (part.rsplit("/", 1)[1], device + ":1", name + ":1", drive + ":1", path(trireme, "disk.img") + ":1",
                  mine["Volume"], mine["Volume"].rstrip("\\"), mine["Volume"].upper()):
        assert info(trireme, alias) == mine, alias
    refuses(trireme, "partition", part, code="VDS_E_INVALID_DISK")
    refuses(trireme, "clean", "--yes", part, code="VDS_E_INVALID_DISK")
    detach(trireme, device)


@clean
def a_disk_that_answers_errors_is_listed_as_failed(trireme):
    device, part = formatted(trireme)
    os.truncate(path(trireme, "disk.img"), 0)
    subprocess.run(["blockdev", "--flushbufs", device, part], check=False, capture_output=True)
    row = next(row for row in trireme.text("disk", "list").splitlines() if row.startswith(device + " "))
    assert row.split()[4] == "failed" and "64.0 MiB" in row, row
    facts = info(trireme, device)
    assert facts["Status"] == "Failed" and facts["Partitions"] == [], facts
    assert info(trireme, path(trireme, "disk.img"))["Disk"]["Status"] == "Failed"
    for arguments in (("partition", device), ("format", "--yes", device), ("init", "--yes", device),
                      ("clean", "--yes", device), ("format", "--yes", part)):
        said = refuses(trireme, *arguments, code="VDS_E_IO_ERROR")
        assert "errors instead of data" in said or "Input/output error" in said, said
    os.truncate(path(trireme, "disk.img"), 64 * MIB)
    assert info(trireme, device)["Status"] == "Online"
    detach(trireme, device)


@clean
def what_does_not_exist_is_refused(trireme):
    missing = path(trireme, "none.img")
    for arguments in (("info", missing), ("attach", missing), ("detach", missing), ("init", "--yes", "loop9999"),
                      ("format", "--yes", "/dev/nothing"), ("clean", "--yes", "PhysicalDrive4294967295"),
                      ("check", "\\\\?\\Volume{00000000-0000-0000-0000-000000000000}\\"), ("partition", "nothing:1"),
                      ("resize", missing, "1G"), ("convert", missing, path(trireme, "x.vhd")), ("info", ""),
                      ("info", "PhysicalDrive99999999999999999999"), ("unmount", "/dev/nothing")):
        said = refuses(trireme, *arguments)
        assert re.search(r"\((VDS_E_OBJECT_NOT_FOUND|E_INVALIDARG|VDS_E_PATH_NOT_FOUND), 0x", said), said
    refuses(trireme, "info", trireme.folder, code="VDS_E_INVALID_PATH")
    refuses(trireme, "clean", "--yes", image(trireme), code="VDS_E_OBJECT_NOT_FOUND", naming="not attached")
    done = trireme("disk", "info", "--json", missing)
    error = json.loads(done.stderr)
    assert done.returncode == 125 and error["Name"] == "VDS_E_OBJECT_NOT_FOUND", done
    assert missing in error["ErrorMessage"] and error["Code"] == "0x80042405", error


# ---- long work ----

@clean
def a_full_format_shows_how_far_it_is(trireme):
    device, part = volume(trireme, size="3G")
    with Terminal(trireme, "disk", "format", "--yes", "--full", "--label", "full", part) as terminal:
        bar = rb"formatting " + part.encode() + rb"  \[=*> *\] +(\d+) %"
        seen = [0]
        while seen[-1] == 0 or len(seen) < 4:
            seen.append(int(terminal.expect(bar).group(1)))
        assert seen == sorted(seen) and seen[-1] < 100, seen
        assert terminal.wait(120) == 0, terminal.seen
        assert re.search(rb"\r\x1b\[K" + part.encode() + rb"\r\n$", terminal.seen), terminal.seen[-200:]
    assert info(trireme, part)["Label"] == "full"
    detach(trireme, device)


@clean
def a_narrow_terminal_shows_the_percentage_first(trireme):
    device, part = volume(trireme, size="3G")
    with Terminal(trireme, "disk", "format", "--yes", "--full", part, columns=30) as terminal:
        line = rb"\r\x1b\[K(\d+) %[^\r]*  format[^\r\n]*"
        seen = [terminal.expect(line) for _ in range(3)]
        assert all(len(match.group(0)) - len(b"\r\x1b[K") < 30 for match in seen), terminal.seen
        terminal.type(b"\x03")
        assert terminal.wait() == 130, terminal.seen
    detach(trireme, device)


@clean
def ctrl_c_stops_a_full_format_and_says_what_is_left(trireme):
    device, part = formatted(trireme, "--label", "old", size="3G")
    with Terminal(trireme, "disk", "format", "--yes", "--full", part) as terminal:
        terminal.expect(rb"formatting " + part.encode() + rb"  \[=*> *\] +\d+ %")
        terminal.type(b"\x03")
        assert terminal.wait() == 130, terminal.seen
        assert b"VDS_E_OPERATION_CANCELED, 0x8004240D" in terminal.seen, terminal.seen
        assert b"the format was cancelled; the volume has no file system now (" in terminal.seen, terminal.seen
    facts = info(trireme, part)
    assert facts["FileSystem"] is None and facts["Label"] is None, facts
    detach(trireme, device)


def hang(trireme, tool, arguments="*", until="/nonexistent"):
    """From now on the tool hangs where its arguments match, until there is a file or the test is over; returns the file
    that says that it does."""
    real = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    tools, begun = folder(trireme, "tools"), path(trireme, "begun")
    with open(os.path.join(tools, tool), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o755)
        file.write(f'#!/bin/sh\ncase "$*" in {arguments})\n touch {begun}\n while ! test -e {until}; do\n  sleep 0.05\n'
                   f'  test -e {tools} || exit\n done\n;;\nesac\nexec {real} "$@"\n')
    trireme.environment["PATH"] = tools + ":" + os.environ["PATH"]
    return begun


def stopped(trireme, begun, *arguments, number=signal.SIGINT):
    """What is said where the verb is stopped, by Ctrl-C or a signal, while the tool hangs."""
    with Terminal(trireme, "disk", *arguments) as terminal:
        assert eventually(lambda: os.path.exists(begun), 30), terminal.read(0)
        if number == signal.SIGINT:
            terminal.type(b"\x03")
        else:
            os.kill(terminal.pid, number)
        assert terminal.wait() == 128 + number, terminal.seen
    os.unlink(begun)
    assert b"\r\x1b[Ktrireme: stopping\r\n" in terminal.seen, terminal.seen
    said = re.search(rb"(?:\n|\r\x1b\[K)(trireme: cannot [^\r\n]+)\r\n$", terminal.seen)
    assert said and b"(VDS_E_OPERATION_CANCELED, 0x8004240D)" in said.group(1), terminal.seen
    return said.group(1).decode()


@clean
def every_long_verb_that_is_stopped_says_what_is_left(trireme):
    device, part = formatted(trireme, "--label", "old")
    before = info(trireme, part)
    begun = hang(trireme, "e2fsck")
    for arguments, left in ((("check", part), "nothing was changed"),
                            (("check", "--repair", part), "the volume may be repaired in part only"),
                            (("resize", part, "-16M"), "the volume has its old size"),
                            (("resize", part, "max"), "the volume has its old size")):
        said = stopped(trireme, begun, *arguments)
        assert f"cancelled; {left}" in said, said
        assert info(trireme, part) == before
    begun = hang(trireme, "mkfs.ext4")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        said = stopped(trireme, begun, "format", "--yes", part, number=number)
        assert said.startswith(f"trireme: cannot format {part}: the format was cancelled; the volume has no file system")
    assert info(trireme, part)["FileSystem"] is None
    detach(trireme, device)


@clean
def ctrl_c_does_not_reach_a_tool_that_moves_data(trireme):
    device, part = formatted(trireme, "--label", "kept")
    go = path(trireme, "go")
    begun = hang(trireme, "resize2fs", "-p*", until=go)
    for key in (b"\x03", b"\x1c"):
        size = info(trireme, part)["Size"]
        with Terminal(trireme, "disk", "resize", part, "-8M") as terminal:
            assert eventually(lambda: os.path.exists(begun), 30), terminal.seen
            terminal.type(key)
            terminal.expect(rb"trireme: this cannot be stopped any more; waiting for its end\r\n")
            with open(go, "wb"):
                assert terminal.wait() == 0, terminal.seen
        assert info(trireme, part)["Size"] == size - 8 * MIB and info(trireme, part)["Label"] == "kept"
        os.unlink(begun)
        os.unlink(go)
    assert "no damage" in trireme.text("disk", "check", part)
    detach(trireme, device)


@clean
def every_long_verb_about_images_that_is_stopped_says_what_is_left(trireme):
    raw, vhdx, qcow2 = (image(trireme, f"disk.{kind}") for kind in ("img", "vhdx", "qcow2"))
    before = [info(trireme, name) for name in (raw, vhdx, qcow2)]
    begun = hang(trireme, "qemu-img", "convert*|check*")
    for arguments, left in ((("create", "--from", raw, path(trireme, "x.qcow2")), "no file is left of it"),
                            (("convert", raw, path(trireme, "x.vhdx")), "no file is left of it"),
                            (("resize", vhdx, "+8M"), "the image is as it was"),
                            (("check", qcow2), "nothing was changed"),
                            (("check", "--repair", qcow2), "the image may be repaired in part only")):
        said = stopped(trireme, begun, *arguments)
        assert f"cancelled; {left}" in said, said
    begun = hang(trireme, "qemu-storage-daemon")
    assert "cancelled; the image is not attached" in stopped(trireme, begun, "attach", qcow2)
    assert [info(trireme, name) for name in (raw, vhdx, qcow2)] == before
    assert sorted(os.listdir(trireme.folder)) == ["disk.img", "disk.qcow2", "disk.vhdx", "run", "tools"]


@clean
def ctrl_c_stops_a_full_clean_and_says_what_is_left(trireme):
    device, _ = volume(trireme, size="64G")
    with Terminal(trireme, "disk", "clean", "--yes", "--full", device) as terminal:
        terminal.expect(rb"cleaning [^\r]*%")
        terminal.type(b"\x03")
        assert terminal.wait() == 130, terminal.seen
    assert b"the clean was cancelled; the disk is raw now, and zeros are on a part of it only (" in terminal.seen
    assert info(trireme, device)["PartitionStyle"] is None
    detach(trireme, device)


def writes_under_way(device):
    with open(f"/sys/block/{os.path.basename(device)}/inflight", encoding="ascii") as file:
        return int(file.read().split()[1])


def is_pending(pid, number):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        masks = [int(line.split()[1], 16) for line in file if line.startswith(("SigPnd:", "ShdPnd:"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


def interrupted(trireme, mount, device, *arguments):
    """The exit status of a verb that has met Ctrl-C while its first write to the device could not go on: the image's file
    is in a file system that is frozen."""
    subprocess.run(["fsfreeze", "-f", mount], check=True)
    try:
        with Terminal(trireme, "disk", *arguments) as terminal:
            assert eventually(lambda: writes_under_way(device), 30), terminal.read(0)
            terminal.type(b"\x03")
            assert eventually(lambda: is_pending(terminal.pid, signal.SIGINT), 30)
            subprocess.run(["fsfreeze", "-u", mount], check=True)
            return terminal.wait()
    finally:
        subprocess.run(["fsfreeze", "-u", mount], check=False, capture_output=True)


@clean
def ctrl_c_leaves_no_partition_table_half_written(trireme):
    if not shutil.which("fsfreeze", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        raise Skip("there is no fsfreeze")
    outer, part = formatted(trireme, name="outer.img", size="256M")
    mount = trireme.text("disk", "mount", part, folder(trireme))
    device = trireme.text("disk", "attach", image(trireme, "mnt/inner.img"))
    try:
        assert interrupted(trireme, mount, device, "init", "--yes", device) == 0
        assert info(trireme, device)["PartitionStyle"] == "GPT"
        made = trireme.text("disk", "partition", device)
        assert interrupted(trireme, mount, device, "partition", "--yes", "--delete", "1", device) == 0
        assert info(trireme, device)["Partitions"] == [] and not os.path.exists(made)
    finally:
        detach(trireme, device)
    trireme.text("disk", "unmount", mount)
    detach(trireme, outer)


@clean
def ctrl_c_stops_a_copy_and_leaves_no_file(trireme):
    source = image(trireme, size="2G")
    with open(source, "r+b") as file:
        for _ in range(1024):
            file.write(os.urandom(MIB))
    for arguments in (("convert", source), ("create", "--from", source)):
        with Terminal(trireme, "disk", *arguments, path(trireme, "copy.qcow2")) as terminal:
            terminal.expect(rb"(converting|creating) [^\r]*[ %]")
            terminal.type(b"\x03")
            assert terminal.wait() == 130, terminal.seen
        assert sorted(os.listdir(trireme.folder)) == ["disk.img", "run"], os.listdir(trireme.folder)


@clean
def one_disk_is_worked_on_by_one_program_at_a_time(trireme):
    device, part = volume(trireme, size="64G")  # so large that no machine is done with it before all has been tried
    with Terminal(trireme, "disk", "format", "--yes", "--full", "--label", "first", part) as terminal:
        terminal.expect(rb"\[=*> *\] +\d+ %")
        for arguments in (("format", "--yes", part), ("clean", "--yes", device), ("check", part),
                          ("resize", part, "min"), ("partition", "--yes", "--delete", "1", device), ("detach", device)):
            refuses(trireme, *arguments)
        assert info(trireme, part)["Formatting"] is True
        terminal.type(b"\x03")
        assert terminal.wait() == 130, terminal.seen
    assert info(trireme, part)["FileSystem"] is None
    detach(trireme, device)


@clean
def a_format_whose_program_is_killed_leaves_a_volume_that_is_empty(trireme):
    device, part = formatted(trireme, "--label", "old", size="3G")
    with Terminal(trireme, "disk", "format", "--yes", "--full", part) as terminal:
        terminal.expect(rb"\[=*> *\] +\d+ %")
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
    facts = info(trireme, part)
    assert facts["FileSystem"] is None and facts["Formatting"] is False, facts
    trireme.text("disk", "format", "--yes", "--label", "new", part)
    assert info(trireme, part)["Label"] == "new"
    detach(trireme, device)


@clean
def who_is_not_root_is_told_so(trireme):
    name = image(trireme)
    os.chmod(trireme.folder, 0o755)
    os.chown(folder(trireme, "theirs"), 65534, 65534)
    done = trireme("disk", "attach", name, user=65534, group=65534, extra_groups=[],
                   env={"TRIREME_RUNTIME_DIR": path(trireme, "theirs")})
    assert done.returncode == 125 and b"E_ACCESSDENIED" in done.stderr and b"root" in done.stderr, done


@clean
def no_progress_is_shown_where_nobody_looks(trireme):
    device, part = volume(trireme, size="1G")
    done = trireme("disk", "format", "--yes", "--full", part, timeout=120)
    assert done.returncode == 0 and done.stderr == b"" and done.stdout.decode().strip() == part, done
    detach(trireme, device)


if __name__ == "__main__":
    main([sizes_are_read_as_people_write_them, sizes_that_make_no_sense_are_refused, images_of_every_format_are_made,
          a_fixed_image_has_room_for_every_block, a_file_that_exists_is_left_alone,
          a_child_keeps_what_differs_from_its_parent, an_image_is_copied_and_converted_with_all_that_is_in_it,
          an_image_grows, of_an_image_that_cannot_be_read_no_size_is_told,
          an_attached_image_is_a_disk_until_it_is_detached,
          an_attached_image_whose_file_was_removed_is_detached_by_its_name, a_read_only_disk_is_not_written_to,
          detaching_can_delete_the_file, a_damaged_image_is_not_attached, *LIVES, partitions_take_what_is_asked_for,
          partitions_that_cannot_be_are_refused_and_nothing_changes, an_mbr_holds_its_own_kind_of_partitions,
          a_disk_is_initialised_once_and_cleaned, a_partition_is_deleted_by_its_number,
          formats_that_cannot_be_are_refused_and_nothing_changes, a_unit_a_label_and_a_partition_that_is_no_volume,
          what_is_mounted_is_left_alone_unless_forced, a_volume_is_mounted_at_folders_and_letters,
          the_folder_of_a_letter_is_one_that_can_be_entered, a_volume_in_use_is_unmounted_only_by_force,
          a_volume_is_resized_with_its_file_system,
          damage_is_found_and_repaired, images_are_checked_too, nothing_is_erased_without_a_yes,
          a_terminal_is_asked_and_its_answer_counts, the_disk_of_the_running_system_is_refused,
          disks_are_listed_as_a_tree, free_space_is_listed_where_it_is_asked_for, what_is_known_is_told_as_json,
          one_thing_goes_by_many_names,
          a_disk_that_answers_errors_is_listed_as_failed, what_does_not_exist_is_refused,
          a_full_format_shows_how_far_it_is, a_narrow_terminal_shows_the_percentage_first,
          ctrl_c_stops_a_full_format_and_says_what_is_left, every_long_verb_that_is_stopped_says_what_is_left,
          ctrl_c_does_not_reach_a_tool_that_moves_data, every_long_verb_about_images_that_is_stopped_says_what_is_left,
          ctrl_c_stops_a_full_clean_and_says_what_is_left, ctrl_c_leaves_no_partition_table_half_written,
          ctrl_c_stops_a_copy_and_leaves_no_file,
          one_disk_is_worked_on_by_one_program_at_a_time,
          a_format_whose_program_is_killed_leaves_a_volume_that_is_empty, who_is_not_root_is_told_so,
          no_progress_is_shown_where_nobody_looks], need_disks)
