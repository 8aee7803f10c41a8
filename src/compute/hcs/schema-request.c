/* Requests, queries and options for a system. */
#include "compute/hcs/schema-tables.h"

static const struct tri_schema_member modify_request_members[] = {
    TRI_HONOURED("ResourcePath", &tri_schema_string, "see the table of resources"),
    TRI_HONOURED("RequestType", TRI_ENUM("Add", "Remove", "Update", "!PreAdd"), "absent: Add"),
    TRI_HONOURED("Settings", &tri_schema_any, "as the resource says"),
    TRI_NOT_IMPLEMENTED("GuestRequest", &tri_schema_any, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_modify_request = TRI_OBJECT("ModifySettingRequest", modify_request_members);

/* ---- options ---- */

static const struct tri_schema_member no_members[] = {TRI_MEMBERS_END};
const struct tri_schema tri_schema_no_options = TRI_OBJECT("TerminateOptions, ResumeOptions", no_members);

static const struct tri_schema_member start_members[] = {
    TRI_NOT_IMPLEMENTED("DestinationMigrationOptions", &tri_schema_any_object, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_start_options = TRI_OBJECT("StartOptions", start_members);

static const struct tri_schema_member shutdown_members[] = {
    TRI_TUNING("Mechanism", TRI_ENUM("GuestConnection", "IntegrationService"), "a container has one way: SIGTERM"),
    TRI_HONOURED("Type", TRI_ENUM("Shutdown", "!Hibernate", "!Reboot"), NULL),
    TRI_TUNING("Force", &tri_schema_bool, NULL),
    TRI_TUNING("Reason", &tri_schema_string, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_shutdown_options = TRI_OBJECT("ShutdownOptions", shutdown_members);

static const struct tri_schema_member notification_members[] = {
    TRI_TUNING("Reason", TRI_ENUM("None", "Save", "Template"), NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema hosted_notification = TRI_OBJECT("PauseNotification", notification_members);

static const struct tri_schema_member pause_members[] = {
    TRI_HONOURED("SuspensionLevel", TRI_ENUM("Suspend", "!MemoryLow", "!MemoryMedium", "!MemoryHigh"), NULL),
    TRI_TUNING("HostedNotification", &hosted_notification, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_pause_options = TRI_OBJECT("PauseOptions", pause_members);

static const struct tri_schema_member save_members[] = {
    TRI_HONOURED("SaveType", TRI_ENUM("ToFile", "!AsTemplate"), NULL),
    TRI_REQUIRED("SaveStateFilePath", &tri_schema_host_path, "a folder that the checkpoint is written to"),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_save_options = TRI_OBJECT("SaveOptions", save_members);

static const struct tri_schema_member crash_members[] = {
    TRI_TUNING("Type", TRI_ENUM("CrashGuest"), NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_crash_options = TRI_OBJECT("CrashOptions", crash_members);

/* ---- live migration: read, and then refused ---- */

#define ORIGIN TRI_TUNING("Origin", TRI_ENUM("Source", "Destination"), NULL)

static const struct tri_schema_member migration_initialize_members[] = {
    ORIGIN,
    TRI_TUNING("MemoryTransport", TRI_ENUM("TCP"), NULL),
    TRI_TUNING("MemoryTransferThrottleParams", &tri_schema_any_object, NULL),
    TRI_TUNING("CompressionSettings", &tri_schema_any_object, NULL),
    TRI_TUNING("ChecksumVerification", &tri_schema_bool, NULL),
    TRI_TUNING("PerfTracingEnabled", &tri_schema_bool, NULL),
    TRI_TUNING("CancelIfBlackoutThresholdExceeds", &tri_schema_bool, NULL),
    TRI_TUNING("PrepareMemoryTransferMode", &tri_schema_bool, NULL),
    TRI_TUNING("CompatibilityData", &tri_schema_any_object, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_migration_initialize =
    TRI_OBJECT("MigrationInitializeOptions", migration_initialize_members);

static const struct tri_schema_member migration_start_members[] = {
    TRI_TUNING("NetworkSettings", &tri_schema_any_object, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_migration_start = TRI_OBJECT("MigrationStartOptions", migration_start_members);

static const struct tri_schema_member migration_transfer_members[] = {ORIGIN, TRI_MEMBERS_END};
const struct tri_schema tri_schema_migration_transfer =
    TRI_OBJECT("MigrationTransferOptions", migration_transfer_members);

static const struct tri_schema_member migration_finalize_members[] = {
    ORIGIN,
    TRI_TUNING("FinalizedOperation", TRI_ENUM("Resume", "Stop"), NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_migration_finalize =
    TRI_OBJECT("MigrationFinalizedOptions", migration_finalize_members);

/* ---- queries ---- */

static const struct tri_schema_member system_query_members[] = {
    TRI_HONOURED("Ids", TRI_ARRAY(&tri_schema_string), "GUIDs match in either case"),
    TRI_HONOURED("Names", TRI_ARRAY(&tri_schema_string), "a system's name is its id"),
    TRI_HONOURED("Types", TRI_ARRAY(TRI_ENUM("Container", "VirtualMachine")), NULL),
    TRI_HONOURED("Owners", TRI_ARRAY(&tri_schema_string), NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_system_query = TRI_OBJECT("SystemQuery", system_query_members);

static const struct tri_schema_member property_query_members[] = {
    TRI_HONOURED("PropertyTypes", TRI_ARRAY(&tri_schema_string),
                 "Statistics, ProcessList, Memory, TerminateOnLastHandleClosed, SharedMemoryRegion, SystemGUID; every "
                 "other name, those of virtual machines included, has an Error of its own in PropertyResponses"),
    TRI_HONOURED("Queries", TRI_MAP(&tri_schema_any), "by the same names, answered in PropertyResponses"),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_property_query = TRI_OBJECT("System_PropertyQuery", property_query_members);
