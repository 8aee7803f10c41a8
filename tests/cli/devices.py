"""Disks, volumes, network adapters and compute systems as system data, compared with what lsblk, findmnt, ip and the other
verbs of the command say."""
import json
import os
import socket
import subprocess
import tempfile

from harness import Skip, eventually, main, need_containers
from loops import attached, clean, formatted, need_disks, path, volume

STORAGE = r"root\Microsoft\Windows\Storage"
VIRTUALIZATION = r"root\virtualization\v2"


def ask(trireme, query, namespace=r"root\cimv2"):
    return trireme.json("query", "--namespace", namespace, query)


def truth(*command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout)


def number_of(device):
    with open(f"/sys/block/{os.path.basename(device)}/diskseq", encoding="utf-8") as file:
        return int(file.read())


# ---- disks ----

@clean
def a_disk_drive_is_what_lsblk_says(trireme):
    need_disks()
    device = attached(trireme, size="96M")
    number = number_of(device)
    rows = ask(trireme, f"SELECT * FROM Win32_DiskDrive WHERE Index = {number}")
    seen = truth("lsblk", "-J", "-b", "-d", "-o", "NAME,SIZE,LOG-SEC,RO", device)["blockdevices"][0]
    assert len(rows) == 1, rows
    assert rows[0]["DeviceID"] == rf"\\.\PHYSICALDRIVE{number}" and rows[0]["Size"] == int(seen["size"]), rows
    assert rows[0]["BytesPerSector"] == int(seen["log-sec"]) and rows[0]["Partitions"] == 0, rows
    assert rows[0]["TotalSectors"] * rows[0]["BytesPerSector"] == rows[0]["Size"], rows
    assert rows[0]["Description"] == device and rows[0]["SerialNumber"] is None, rows
    trireme.text("disk", "detach", device)
    assert ask(trireme, f"SELECT * FROM Win32_DiskDrive WHERE Index = {number}") == []


@clean
def all_disks_are_there(trireme):
    need_disks()
    device = attached(trireme)
    drives = lambda: {row["Description"] for row in ask(trireme, "SELECT Description FROM Win32_DiskDrive")}
    listed = lambda: {row["Device"] for row in trireme.json("disk", "list")}
    assert device in drives() and eventually(lambda: drives() == listed()), (drives(), listed())
    trireme.text("disk", "detach", device)


@clean
def partitions_are_where_the_table_has_them(trireme):
    need_disks()
    device, part = volume(trireme, style="gpt")
    number = number_of(device)
    row, = ask(trireme, f"SELECT * FROM Win32_DiskPartition WHERE DiskIndex = {number}")
    seen = truth("sfdisk", "--json", device)["partitiontable"]
    assert row["StartingOffset"] == seen["partitions"][0]["start"] * 512, row
    assert row["Size"] == seen["partitions"][0]["size"] * 512 == row["NumberOfBlocks"] * row["BlockSize"], row
    assert row["DeviceID"] == f"Disk #{number}, Partition #0" and row["PNPDeviceID"] == part, row
    assert row["PrimaryPartition"] is True and row["Type"].startswith("GPT: "), row
    newer, = ask(trireme, f"SELECT * FROM MSFT_Partition WHERE DiskNumber = {number}", STORAGE)
    assert newer["Guid"].lower() == "{" + seen["partitions"][0]["uuid"].lower() + "}", newer
    assert newer["GptType"].lower() == "{" + seen["partitions"][0]["type"].lower() + "}", newer
    disk, = ask(trireme, f"SELECT * FROM MSFT_Disk WHERE Number = {number}", STORAGE)
    assert disk["PartitionStyle"] == 2 and disk["Guid"].lower() == "{" + seen["id"].lower() + "}", disk
    assert disk["BusType"] == 15 and disk["Location"] == path(trireme, "disk.img"), disk
    trireme.text("disk", "detach", device)


@clean
def associations_lead_from_a_drive_to_its_mounted_file_system(trireme):
    need_disks()
    device, part = formatted(trireme)
    number = number_of(device)
    point = os.path.join(trireme.folder, "mnt")
    os.mkdir(point)
    trireme.text("disk", "mount", part, point)
    drive = rf'Win32_DiskDrive.DeviceID="\\\\.\\PHYSICALDRIVE{number}"'
    partition, = ask(trireme, f"ASSOCIATORS OF {{{drive}}} WHERE AssocClass = Win32_DiskDriveToDiskPartition")
    assert partition["DeviceID"] == f"Disk #{number}, Partition #0", partition
    logical, = ask(trireme, f"ASSOCIATORS OF {{Win32_DiskPartition.DeviceID=\"{partition['DeviceID']}\"}} "
                            "WHERE AssocClass = Win32_LogicalDiskToPartition")
    assert logical["DeviceID"] == point and logical["FileSystem"] == "ext4", logical
    reference, = ask(trireme, f"REFERENCES OF {{Win32_LogicalDisk.DeviceID=\"{point}\"}} "
                              "WHERE ResultClass = Win32_LogicalDiskToPartition")
    assert reference["StartingAddress"] == partition["StartingOffset"], reference
    trireme.text("disk", "unmount", point)
    trireme.text("disk", "detach", device)


# ---- volumes ----

@clean
def a_logical_disk_is_what_findmnt_says(trireme):
    need_disks()
    device, part = formatted(trireme, "--label", "cargo")
    point = os.path.join(trireme.folder, "mnt")
    os.mkdir(point)
    trireme.text("disk", "mount", part, point)
    row = trireme.json("get", f'Win32_LogicalDisk.DeviceID="{point}"')
    seen = truth("findmnt", "-J", "-b", "-o", "SIZE,AVAIL,FSTYPE,SOURCE", point)["filesystems"][0]
    assert row["Size"] == int(seen["size"]) and row["FreeSpace"] == int(seen["avail"]), (row, seen)
    assert row["FileSystem"] == seen["fstype"] and row["PNPDeviceID"] == seen["source"], (row, seen)
    assert row["VolumeName"] == "cargo" and row["DriveType"] == 3, row
    uuid = subprocess.run(["blkid", "-p", "-s", "UUID", "-o", "value", part], check=True, capture_output=True).stdout.decode()
    assert row["VolumeSerialNumber"] == uuid.replace("-", "")[:8].upper(), (row, uuid)
    trireme.text("disk", "unmount", point)
    trireme.text("disk", "detach", device)


def the_root_is_a_logical_disk(trireme):
    row = trireme.json("get", 'Win32_LogicalDisk.DeviceID="/"')
    size = os.statvfs("/")
    assert row["Size"] == size.f_blocks * size.f_frsize and row["MaximumComponentLength"] == size.f_namemax, row
    assert ask(trireme, "SELECT DeviceID FROM CIM_LogicalDisk WHERE DeviceID = '/'") == [{"DeviceID": "/"}]


def the_volume_on(trireme, label):
    row, = ask(trireme, f"SELECT * FROM Win32_Volume WHERE Label = '{label}'")
    return row


def path_of(row):
    escaped = row["DeviceID"].replace("\\", "\\\\")
    return f'Win32_Volume.DeviceID="{escaped}"'


@clean
def a_volume_is_formatted_and_mounted_through_its_methods(trireme):
    need_disks()
    device, part = formatted(trireme, "--label", "before")
    row = the_volume_on(trireme, "before")
    assert row["Name"] == row["DeviceID"] and row["FreeSpace"] is None, row
    answer = trireme.json("call", path_of(row), "Format", "FileSystem=ext4", "QuickFormat=TRUE", "Label=after")
    assert answer["ReturnValue"] == 0, answer
    after = the_volume_on(trireme, "after")
    assert after["DeviceID"] == row["DeviceID"] and after["FileSystem"] == "ext4", after
    found = subprocess.run(["blkid", "-p", "-s", "LABEL", "-o", "value", part], check=True, capture_output=True)
    assert found.stdout == b"after\n", found
    point = os.path.join(trireme.folder, "mnt")
    os.mkdir(point)
    assert trireme.json("call", path_of(row), "AddMountPoint", f"Directory={point}")["ReturnValue"] == 0
    assert os.path.ismount(point) and the_volume_on(trireme, "after")["Name"] == point
    mounted, = [row for row in ask(trireme, "SELECT * FROM Win32_MountPoint") if point in row["Directory"]]
    assert row["DeviceID"].replace("\\", "\\\\") in mounted["Volume"], mounted
    assert trireme.json("call", path_of(row), "Dismount", "Force=FALSE", "Permanent=FALSE")["ReturnValue"] == 0
    assert not os.path.ismount(point)
    assert trireme.json("call", path_of(row), "Mount")["ReturnValue"] == 0 and os.path.ismount(point)
    trireme.text("disk", "unmount", point)
    assert trireme.json("call", path_of(row), "Chkdsk")["ReturnValue"] == 0
    trireme.text("disk", "detach", device)


@clean
def a_format_that_cannot_be_says_why_by_number_and_changes_nothing(trireme):
    need_disks()
    device, part = formatted(trireme, "--label", "stays")
    target = path_of(the_volume_on(trireme, "stays"))
    for arguments, expected in ((["FileSystem=nothing"], 1), (["FileSystem=ext4", "Label=" + "x" * 40], 10),
                                (["FileSystem=ext4", "ClusterSize=1"], 15)):
        done = trireme("call", "--json", target, "Format", "QuickFormat=TRUE", *arguments)
        assert done.returncode != 0 and json.loads(done.stdout)["ReturnValue"] == expected, done
    found = subprocess.run(["blkid", "-p", "-s", "LABEL", "-o", "value", part], check=True, capture_output=True)
    assert found.stdout == b"stays\n", found
    trireme.text("disk", "detach", device)


@clean
def newer_volumes_say_the_same(trireme):
    need_disks()
    device, _ = formatted(trireme, "--label", "newer")
    old = the_volume_on(trireme, "newer")
    row, = ask(trireme, "SELECT * FROM MSFT_Volume WHERE FileSystemLabel = 'newer'", STORAGE)
    assert row["Path"] == old["DeviceID"] and row["Size"] == old["Capacity"] and row["FileSystem"] == "ext4", row
    assert row["AllocationUnitSize"] == old["BlockSize"] and row["HealthStatus"] == 0, row
    trireme.text("disk", "detach", device)


# ---- the network ----

def links():
    return {link["ifindex"]: link for link in truth("ip", "-j", "-d", "link")}


def adapters_are_what_ip_says(trireme):
    rows = {row["InterfaceIndex"]: row for row in ask(trireme, "SELECT * FROM Win32_NetworkAdapter")}
    assert set(rows) == set(links()), (rows, links())
    computer, = ask(trireme, "SELECT Name FROM Win32_ComputerSystem")
    for index, link in links().items():
        row = rows[index]
        assert row["Name"] == row["NetConnectionID"] == link["ifname"], (row, link)
        assert row["NetEnabled"] == ("UP" in link["flags"]), (row, link)
        assert row["DeviceID"] == str(index) and row["SystemName"] == computer["Name"], row
        if link["link_type"] == "ether":
            assert row["MACAddress"] == link["address"].upper() and row["AdapterTypeId"] in (0, 9), (row, link)
        else:
            assert row["AdapterType"] is None, row
        speed = row["Speed"]
        assert speed is None or speed % 1000000 == 0, row


def addresses_are_what_ip_says(trireme):
    for link in truth("ip", "-j", "addr"):
        row = trireme.json("get", f"Win32_NetworkAdapterConfiguration.Index={link['ifindex']}")
        expected = [a["local"] for a in link["addr_info"] if a["family"] == "inet"]
        expected += [a["local"] for a in link["addr_info"] if a["family"] == "inet6"]
        assert sorted(row["IPAddress"] or []) == sorted(expected), (row, link)
        prefixes = dict(zip(row["IPAddress"] or [], row["IPSubnet"] or []))
        for address in link["addr_info"]:
            mask = prefixes[address["local"]]
            bits = int(mask) if ":" in address["local"] else sum(bin(int(part)).count("1") for part in mask.split("."))
            assert bits == address["prefixlen"], (row, address)
        assert row["MTU"] == link["mtu"], (row, link)


def in_a_network_of_its_own(trireme, script, columns):
    """What is said of the configuration of an adapter "veil" there, with an address of its own."""
    script = ("ip link add veil type bridge && ip addr add 192.0.2.7/24 dev veil && ip link set veil up && "
              f"{script} && exec \"$0\" query --json "
              f"\"SELECT {columns} FROM Win32_NetworkAdapterConfiguration WHERE Description = 'veil'\"")
    done = subprocess.run(["unshare", "-n", "-m", "sh", "-c", script, trireme.executable], env=trireme.environment,
                          capture_output=True, timeout=60, check=False)
    if b"Unknown device type" in done.stderr:
        raise Skip("the kernel has no bridges")
    assert done.returncode == 0, done
    row, = json.loads(done.stdout)
    return row


def an_address_with_a_label_is_the_adapters_too(trireme):
    many = [f"10.7.{n}.1" for n in range(100)]
    row = in_a_network_of_its_own(
        trireme, "ip addr add 10.6.6.6/24 dev veil label veil:one && "
        "for n in $(seq 0 99); do ip addr add 10.7.$n.1/32 dev veil; done", "IPAddress, IPSubnet")
    masks = dict(zip(row["IPAddress"], row["IPSubnet"]))
    assert masks["10.6.6.6"] == "255.255.255.0" and all(masks.get(one) == "255.255.255.255" for one in many), row


def names_are_looked_up_as_the_resolver_does(trireme):
    domains = ["a" * 60 + ".internal.example", "b.example"]
    resolver = ("search forgotten.example\nnameserver 192.0.2.1 # the near one\nnameserver fe80::1%veil\n"
                f"search {' '.join(domains)}\n")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(resolver)
        file.flush()
        row = in_a_network_of_its_own(trireme, f"mount --bind {file.name} /etc/resolv.conf",
                                      "DNSServerSearchOrder, DNSDomainSuffixSearchOrder")
    assert row["DNSServerSearchOrder"] == ["192.0.2.1", "fe80::1%veil"], row
    assert row["DNSDomainSuffixSearchOrder"] == domains, row


def routes_are_what_ip_says(trireme):
    rows = ask(trireme, "SELECT * FROM Win32_IP4RouteTable")
    seen = [route for route in truth("ip", "-j", "-4", "route") if route.get("type", "unicast") == "unicast"]
    assert len(rows) == len(seen), (rows, seen)
    gateways = {route["gateway"] for route in seen if route["dst"] == "default" and "gateway" in route}
    assert {row["NextHop"] for row in rows if row["Destination"] == "0.0.0.0" and row["NextHop"] != "0.0.0.0"} == gateways
    configured = ask(trireme, "SELECT DefaultIPGateway FROM Win32_NetworkAdapterConfiguration WHERE IPEnabled = TRUE")
    assert gateways <= {gateway for row in configured for gateway in row["DefaultIPGateway"] or []}, configured


def an_adapter_leads_to_its_configuration(trireme):
    loopback = socket.if_nametoindex("lo")
    row, = ask(trireme, f'ASSOCIATORS OF {{Win32_NetworkAdapter.DeviceID="{loopback}"}} '
                        "WHERE AssocClass = Win32_NetworkAdapterSetting")
    assert row["Index"] == loopback and row["Description"] == "lo", row


def one_adapter_of_a_network_of_its_own_is_switched_off_and_on(trireme):
    """In a network namespace: the machine's own adapters are left alone."""
    script = ('ip link set lo up; index=$(cat /sys/class/net/lo/ifindex); '
              'for verb in Disable Enable; do "$0" call --json "Win32_NetworkAdapter.DeviceID=\\"$index\\"" $verb; '
              'cat /sys/class/net/lo/flags; done')
    done = subprocess.run(["unshare", "-n", "-m", "sh", "-c", "mount -t sysfs sys /sys; " + script, trireme.executable],
                          env=trireme.environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done
    answers = [line for line in done.stdout.decode().split() if line.startswith("0x")]
    assert [int(flags, 16) & 1 for flags in answers] == [0, 1], done


# ---- compute systems ----

def the_host_is_the_first_machine(trireme):
    row = ask(trireme, "SELECT * FROM Msvm_ComputerSystem", VIRTUALIZATION)[0]
    assert row["Caption"] == "Hosting Computer System" and row["EnabledState"] == 2, row
    with open("/proc/uptime", encoding="utf-8") as file:
        assert abs(row["OnTimeInMilliseconds"] / 1000 - float(file.read().split()[0])) < 30, row


def machine(trireme, name):
    rows = ask(trireme, f"SELECT * FROM Msvm_ComputerSystem WHERE ElementName = '{name}'", VIRTUALIZATION)
    return rows[0] if rows else None


def request(trireme, row, state):
    target = f'Msvm_ComputerSystem.CreationClassName="Msvm_ComputerSystem",Name="{row["Name"]}"'
    done = trireme("call", "--json", "--namespace", VIRTUALIZATION, target, "RequestStateChange", f"RequestedState={state}")
    return json.loads(done.stdout)["ReturnValue"]


def a_container_is_a_machine_whose_state_can_be_changed(trireme):
    need_containers()
    name = trireme.detached("--name", "oarsman", "sleep", "100")
    row = machine(trireme, name)
    assert row["EnabledState"] == 2 and os.path.exists(f"/proc/{row['ProcessID']}"), row
    assert row["OnTimeInMilliseconds"] is not None and row["Name"] == row["Name"].upper(), row
    assert request(trireme, row, 9) == 0 and machine(trireme, name)["EnabledState"] == 9
    assert trireme.json("inspect", name)["State"] == "Paused"
    assert request(trireme, row, 2) == 0 and machine(trireme, name)["EnabledState"] == 2
    assert request(trireme, row, 6) == 32770 and request(trireme, row, 77) == 32773
    assert request(trireme, row, 2) == 32775, "it runs already"
    assert request(trireme, row, 3) == 0
    assert eventually(lambda: trireme.ids() == [])


def the_host_is_not_switched_off(trireme):
    row = ask(trireme, "SELECT * FROM Msvm_ComputerSystem", VIRTUALIZATION)[0]
    assert request(trireme, row, 3) == 32770


main([a_disk_drive_is_what_lsblk_says, all_disks_are_there, partitions_are_where_the_table_has_them,
      associations_lead_from_a_drive_to_its_mounted_file_system, a_logical_disk_is_what_findmnt_says,
      the_root_is_a_logical_disk, a_volume_is_formatted_and_mounted_through_its_methods,
      a_format_that_cannot_be_says_why_by_number_and_changes_nothing, newer_volumes_say_the_same, adapters_are_what_ip_says,
      addresses_are_what_ip_says, an_address_with_a_label_is_the_adapters_too,
      names_are_looked_up_as_the_resolver_does, routes_are_what_ip_says, an_adapter_leads_to_its_configuration,
      one_adapter_of_a_network_of_its_own_is_switched_off_and_on, the_host_is_the_first_machine,
      a_container_is_a_machine_whose_state_can_be_changed, the_host_is_not_switched_off])
