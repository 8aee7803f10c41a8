/* The document that creates a system, and the parts of it that a modify request repeats. */
#include "compute/hcs/schema-tables.h"

#define ABSOLUTE_OR_SHARE TRI_ENUM("AbsolutePath", "Directory", "!VirtualSmbShareName")

static const struct tri_schema_member version_members[] = {
    TRI_REQUIRED("Major", &tri_schema_u32, "must be 2"),
    TRI_HONOURED("Minor", &tri_schema_u32, "any; every member below is accepted whatever it says"),
    TRI_MEMBERS_END,
};
static const struct tri_schema version = TRI_OBJECT("Version", version_members);

/* ---- storage ---- */

static const struct tri_schema_member layer_members[] = {
    TRI_TUNING("Id", &tri_schema_guid, NULL),
    TRI_REQUIRED("Path", &tri_schema_host_path, "a folder"),
    TRI_HONOURED("PathType", TRI_ENUM("AbsolutePath", "!VirtualSmbShareName"), NULL),
    TRI_TUNING("Cache", TRI_ENUM("Unspecified", "Disabled", "Enabled", "Private", "PrivateAllowSharing"), NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema layer = TRI_OBJECT("Layer", layer_members);

static const struct tri_schema_member qos_members[] = {
    TRI_HONOURED("IopsMaximum", &tri_schema_u64, "operations a second; 0: no limit"),
    TRI_HONOURED("BandwidthMaximum", &tri_schema_u64, "bytes a second; 0: no limit"),
    TRI_MEMBERS_END,
};
static const struct tri_schema storage_qos = TRI_OBJECT("StorageQoS", qos_members);

static const struct tri_schema_member storage_members[] = {
    TRI_HONOURED("Layers", TRI_ARRAY(&layer), "the first lies on top; become an overlay"),
    TRI_HONOURED("Path", &tri_schema_host_path,
                 "with Layers: the writable folder; without: the root file system itself"),
    TRI_HONOURED("QoS", &storage_qos, NULL),
    TRI_NOT_IMPLEMENTED("PrivilegedContainerRootPath", &tri_schema_string, NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema storage = TRI_OBJECT("Storage", storage_members);

static const struct tri_schema_member mapped_directory_members[] = {
    TRI_REQUIRED("HostPath", &tri_schema_host_path, NULL),
    TRI_HONOURED("HostPathType", ABSOLUTE_OR_SHARE, "Directory is what one public client writes for AbsolutePath"),
    TRI_REQUIRED("ContainerPath", &tri_schema_container_path, "C:\\data becomes /data"),
    TRI_HONOURED("ReadOnly", &tri_schema_bool, NULL),
    TRI_TUNING("SupportCloudFiles", &tri_schema_bool, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_mapped_directory = TRI_OBJECT("MappedDirectory", mapped_directory_members);

static const struct tri_schema_member mapped_directory_removal_members[] = {
    TRI_TUNING("HostPath", &tri_schema_string, NULL),
    TRI_TUNING("HostPathType", ABSOLUTE_OR_SHARE, NULL),
    TRI_REQUIRED("ContainerPath", &tri_schema_container_path, "alone says what is removed"),
    TRI_TUNING("ReadOnly", &tri_schema_bool, NULL),
    TRI_TUNING("SupportCloudFiles", &tri_schema_bool, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_mapped_directory_removal =
    TRI_OBJECT("MappedDirectory (to remove)", mapped_directory_removal_members);

static const struct tri_schema_member mapped_pipe_members[] = {
    TRI_REQUIRED("ContainerPipeName", &tri_schema_string,
                 "a bare name lies in /run/hcs/pipes; an absolute path is kept"),
    TRI_REQUIRED("HostPath", &tri_schema_host_path, "a Unix socket"),
    TRI_HONOURED("HostPathType", TRI_ENUM("AbsolutePath", "!VirtualSmbPipeName"), NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_mapped_pipe = TRI_OBJECT("MappedPipe", mapped_pipe_members);

static const struct tri_schema_member mapped_pipe_removal_members[] = {
    TRI_REQUIRED("ContainerPipeName", &tri_schema_string, "alone says what is removed"),
    TRI_TUNING("HostPath", &tri_schema_string, NULL),
    TRI_TUNING("HostPathType", TRI_ENUM("AbsolutePath", "!VirtualSmbPipeName"), NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_mapped_pipe_removal =
    TRI_OBJECT("MappedPipe (to remove)", mapped_pipe_removal_members);

/* ---- processor, memory, network ---- */

static const struct tri_schema_member memory_members[] = {
    TRI_HONOURED("SizeInMB", &tri_schema_u64, "a hard limit; 0: none"),
    TRI_MEMBERS_END,
};
static const struct tri_schema memory = TRI_OBJECT("Container_Memory", memory_members);

static const struct tri_schema_member processor_members[] = {
    TRI_HONOURED("Count", &tri_schema_u32, "as many processors' worth of time; not together with Maximum"),
    TRI_HONOURED("Weight", &tri_schema_i64, "1 to 10000, 100 is usual; 0: not set"),
    TRI_HONOURED("Maximum", &tri_schema_i64, "1 to 10000: hundredths of a percent of all processors; 0: no limit"),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_container_processor = TRI_OBJECT("Container_Processor", processor_members);

static const struct tri_schema_member networking_members[] = {
    TRI_TUNING("AllowUnqualifiedDnsQuery", &tri_schema_bool, NULL),
    TRI_HONOURED("DnsSearchList", &tri_schema_string, "comma separated"),
    TRI_HONOURED("NetworkSharedContainerName", &tri_schema_string, "id of the system whose network is shared"),
    TRI_HONOURED("Namespace", &tri_schema_string,
                 "a name below /run/netns, or an absolute path; absent: an empty network"),
    TRI_NOT_IMPLEMENTED("NetworkAdapters", TRI_ARRAY(&tri_schema_guid), NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema networking = TRI_OBJECT("Networking", networking_members);

static const struct tri_schema_member guest_os_members[] = {
    TRI_HONOURED("HostName", &tri_schema_string, "absent: the first part of the id"),
    TRI_MEMBERS_END,
};
static const struct tri_schema guest_os = TRI_OBJECT("GuestOs", guest_os_members);

/* ---- what only Windows has ---- */

static const struct tri_schema_member socket_service_members[] = {
    TRI_NOT_IMPLEMENTED("BindSecurityDescriptor", &tri_schema_string, NULL),
    TRI_NOT_IMPLEMENTED("ConnectSecurityDescriptor", &tri_schema_string, NULL),
    TRI_NOT_IMPLEMENTED("AllowWildcardBinds", &tri_schema_bool, NULL),
    TRI_NOT_IMPLEMENTED("Disabled", &tri_schema_bool, NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema socket_service = TRI_OBJECT("HvSocketServiceConfig", socket_service_members);

static const struct tri_schema_member socket_config_members[] = {
    TRI_NOT_IMPLEMENTED("DefaultBindSecurityDescriptor", &tri_schema_string, NULL),
    TRI_NOT_IMPLEMENTED("DefaultConnectSecurityDescriptor", &tri_schema_string, NULL),
    TRI_NOT_IMPLEMENTED("ServiceTable", TRI_MAP(&socket_service), NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema socket_config = TRI_OBJECT("HvSocketSystemConfig", socket_config_members);

static const struct tri_schema_member hv_socket_members[] = {
    TRI_NOT_IMPLEMENTED("Config", &socket_config, NULL),
    TRI_NOT_IMPLEMENTED("EnablePowerShellDirect", &tri_schema_bool, NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema hv_socket = TRI_OBJECT("HvSocket", hv_socket_members);

static const struct tri_schema_member registry_key_members[] = {
    TRI_TUNING("Hive", TRI_ENUM("System", "Software", "Security", "Sam"), NULL),
    TRI_TUNING("Name", &tri_schema_string, NULL),
    TRI_TUNING("Volatile", &tri_schema_bool, NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema registry_key = TRI_OBJECT("RegistryKey", registry_key_members);

static const struct tri_schema_member registry_value_members[] = {
    TRI_TUNING("Key", &registry_key, NULL),
    TRI_TUNING("Name", &tri_schema_string, NULL),
    TRI_TUNING("Type",
               TRI_ENUM("None", "String", "ExpandedString", "MultiString", "Binary", "DWord", "QWord", "CustomType"),
               NULL),
    TRI_TUNING("StringValue", &tri_schema_string, NULL),
    TRI_TUNING("BinaryValue", &tri_schema_string, NULL),
    TRI_TUNING("DWordValue", &tri_schema_u32, NULL),
    TRI_TUNING("QWordValue", &tri_schema_u64, NULL),
    TRI_TUNING("CustomType", &tri_schema_u32, NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema registry_value = TRI_OBJECT("RegistryValue", registry_value_members);

static const struct tri_schema_member registry_changes_members[] = {
    TRI_TUNING("AddValues", TRI_ARRAY(&registry_value), NULL),
    TRI_TUNING("DeleteKeys", TRI_ARRAY(&registry_key), NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema registry_changes = TRI_OBJECT("RegistryChanges", registry_changes_members);

static const struct tri_schema_member device_members[] = {
    TRI_NOT_IMPLEMENTED("Type", TRI_ENUM("ClassGuid", "DeviceInstance", "GpuMirror"), NULL),
    TRI_NOT_IMPLEMENTED("InterfaceClassGuid", &tri_schema_guid, NULL),
    TRI_NOT_IMPLEMENTED("LocationPath", &tri_schema_string, NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema assigned_device = TRI_OBJECT("Device", device_members);

/* ---- the whole ---- */

static const struct tri_schema_member container_members[] = {
    TRI_HONOURED("GuestOs", &guest_os, NULL),
    TRI_HONOURED("Storage", &storage, "absent: the host's own root, under a writable layer that is thrown away"),
    TRI_HONOURED("MappedDirectories", TRI_ARRAY(&tri_schema_mapped_directory), "bind mounts"),
    TRI_HONOURED("MappedPipes", TRI_ARRAY(&tri_schema_mapped_pipe), "Unix sockets"),
    TRI_HONOURED("Memory", &memory, NULL),
    TRI_HONOURED("Processor", &tri_schema_container_processor, NULL),
    TRI_HONOURED("Networking", &networking, NULL),
    TRI_NOT_IMPLEMENTED("HvSocket", &hv_socket, NULL),
    TRI_TUNING("ContainerCredentialGuard", &tri_schema_any_object, NULL),
    TRI_TUNING("RegistryChanges", &registry_changes, "there is no registry"),
    TRI_NOT_IMPLEMENTED("AssignedDevices", TRI_ARRAY(&assigned_device), NULL),
    TRI_TUNING("AdditionalDeviceNamespace", &tri_schema_any_object, NULL),
    TRI_NOT_IMPLEMENTED("IsolationType", &tri_schema_string, NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema container = TRI_OBJECT("Container", container_members);

static const struct tri_schema_member hosted_system_members[] = {
    TRI_HONOURED("SchemaVersion", &version, NULL),
    TRI_HONOURED("OciBundlePath", &tri_schema_host_path, "folder with config.json"),
    TRI_HONOURED("OciSpecification", &tri_schema_any_object, "config.json itself, instead of the one in the folder"),
    TRI_TUNING("ScratchDirPath", &tri_schema_string, NULL),
    TRI_NOT_IMPLEMENTED("Container", &container, "needs a HostingSystemId"),
    TRI_MEMBERS_END,
};
static const struct tri_schema hosted_system = TRI_OBJECT("HostedSystem", hosted_system_members);

static const struct tri_schema_member compute_system_members[] = {
    TRI_HONOURED("Owner", &tri_schema_string, "shown in Properties; a filter of SystemQuery"),
    TRI_HONOURED("SchemaVersion", &version, "absent: 2.1"),
    TRI_NOT_IMPLEMENTED("HostingSystemId", &tri_schema_string, NULL),
    TRI_HONOURED("HostedSystem", &hosted_system, "without HostingSystemId: the OCI bundle runs right here"),
    TRI_HONOURED("Container", &container, NULL),
    TRI_NOT_IMPLEMENTED("VirtualMachine", &tri_schema_any_object, NULL),
    TRI_HONOURED("ShouldTerminateOnLastHandleClosed", &tri_schema_bool, NULL),
    TRI_MEMBERS_END,
};
static const char *const bodies[] = {"Container", "VirtualMachine", "HostedSystem", NULL};
const struct tri_schema tri_schema_compute_system = {
    .kind = TRI_SCHEMA_OBJECT, .name = "ComputeSystem", .members = compute_system_members, .one_of = bodies};
