/* What a client says to the service itself. */
#include "compute/hcs/schema-tables.h"

static const struct tri_schema_member service_query_members[] = {
    TRI_HONOURED(
        "PropertyTypes",
        TRI_ARRAY(TRI_ENUM("Basic", "ProcessorTopology", "CpuGroup", "QoSCapabilities", "ContainerCredentialGuard",
                           "Memory", "CacheAllocation", "CacheMonitoring", "MemoryBwAllocation")),
        "answered in Properties, in this order; absent: Basic"),
    TRI_HONOURED("PropertyQueries", TRI_MAP(&tri_schema_any), "answered in PropertyResponses"),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_service_query = TRI_OBJECT("Service_PropertyQuery", service_query_members);

static const struct tri_schema_member modification_members[] = {
    TRI_REQUIRED("PropertyType", TRI_ENUM("!CpuGroup", "!ContainerCredentialGuard"), NULL),
    TRI_NOT_IMPLEMENTED("Settings", &tri_schema_any, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_service_modification = TRI_OBJECT("ModificationRequest", modification_members);

static const struct tri_schema_member windows_crash_members[] = {
    TRI_HONOURED("DumpFile", &tri_schema_string, NULL),
    TRI_HONOURED("OsMajorVersion", &tri_schema_u32, NULL),
    TRI_HONOURED("OsMinorVersion", &tri_schema_u32, NULL),
    TRI_HONOURED("OsBuildNumber", &tri_schema_u32, NULL),
    TRI_HONOURED("OsServicePackMajor", &tri_schema_u32, NULL),
    TRI_HONOURED("OsServicePackMinor", &tri_schema_u32, NULL),
    TRI_HONOURED("OsSuiteMask", &tri_schema_u32, NULL),
    TRI_HONOURED("OsProductType", &tri_schema_u32, NULL),
    TRI_HONOURED("Status", &tri_schema_i32, NULL),
    TRI_HONOURED("FinalPhase", TRI_ENUM("Inactive", "CrashValues", "Starting", "Started", "Writing", "Complete"), NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema windows_crash = TRI_OBJECT("WindowsCrashReport", windows_crash_members);

static const struct tri_schema_member crash_save_members[] = {
    TRI_HONOURED("SaveStateFile", &tri_schema_string, NULL),
    TRI_HONOURED("Status", &tri_schema_i32, NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema crash_save = TRI_OBJECT("GuestCrashSaveInfo", crash_save_members);

static const struct tri_schema_member crash_report_members[] = {
    TRI_HONOURED("SystemId", &tri_schema_string, NULL),
    TRI_HONOURED("ActivityId", &tri_schema_guid, NULL),
    TRI_HONOURED("WindowsCrashInfo", &windows_crash, NULL),
    TRI_HONOURED("CrashParameters", TRI_ARRAY(&tri_schema_u64), NULL),
    TRI_HONOURED("CrashLog", &tri_schema_string, NULL),
    TRI_HONOURED("Status", &tri_schema_i32, NULL),
    TRI_HONOURED("PreOSId", &tri_schema_u32, NULL),
    TRI_HONOURED("CrashStackUnavailable", &tri_schema_bool, NULL),
    TRI_HONOURED("GuestCrashSaveInfo", &crash_save, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_crash_report = TRI_OBJECT("CrashReport", crash_report_members);
