/* The WMI client API: classes and instances that describe the machine, queries, methods and events. Link with
 * -ltrireme.
 *
 * How a program goes. CoCreateInstance(CLSID_WbemLocator) gives a locator, ConnectServer a namespace (IWbemServices),
 * and everything is asked of that: ExecQuery for what WQL describes, GetObject for what a path names, ExecMethod to
 * have something done. Answers are IWbemClassObjects, whose properties Get reads. All of it happens in the calling
 * process: there is no service to start, and another host's cannot be had.
 *
 * Three ways to call. Plain: the function returns when it is done, and its answer is how it ended. With
 * WBEM_FLAG_RETURN_IMMEDIATELY: it returns when the work has begun; functions with rows hand out an
 * IEnumWbemClassObject to read them from as they come, the others an IWbemCallResult to ask. With a name that ends in
 * Async: the client's IWbemObjectSink is called. What can be seen to be wrong without looking anything up (a pointer, a
 * flag, the grammar of a query or a path) is answered at once in all three, and nothing begins.
 *
 * Time. Every call but a subscription has a deadline: 60 seconds, or those of TRIREME_OP_TIMEOUT (0: none), or the
 * milliseconds of __TRI_TIMEOUT_MS (VT_I4) in the call's IWbemContext; where there are rows, since the last one came.
 * It then ends with WBEM_E_PROVIDER_TIMED_OUT. Difference from Windows, where a call may hang for ever. Timeouts that
 * functions take are in milliseconds, WBEM_INFINITE waits as long as it takes, WBEM_NO_WAIT asks; other negative
 * numbers are WBEM_E_INVALID_PARAMETER.
 *
 * Codes. WBEM_E_... and WBEM_S_... (WBEMSTATUS). Mind that WBEM_S_FALSE, WBEM_S_TIMEDOUT and WBEM_S_NO_MORE_DATA are
 * success for SUCCEEDED. These come from nearly every function and are not repeated: WBEM_E_INVALID_PARAMETER (a
 * required pointer is NULL, a flag is not for this function), WBEM_E_OUT_OF_MEMORY, WBEM_E_ACCESS_DENIED,
 * WBEM_E_QUOTA_VIOLATION (a string is longer than WBEM_LIMITS allows), WBEM_E_FAILED. GetErrorInfo (oleauto.h) has a
 * sentence for each failure, in an object that is an IWbemClassObject of class __ExtendedStatus too; success clears it.
 *
 * Memory. A BSTR that is handed out is the caller's, to free with SysFreeString; a VARIANT is to clear with
 * VariantClear, a SAFEARRAY to free with SafeArrayDestroy; what was in them before is not looked at. Interface pointers
 * are the caller's, to let go of with Release. What is handed in is copied: also by calls that go on after the function
 * returned. On failure pointers that are handed out are NULL, but for IEnumWbemClassObject::Next, whose array is left
 * alone, and VARIANTs, which are left alone too. Outputs that are marked optional may be NULL.
 *
 * Threads. Every object may be used on every thread and by several at once; one that is enumerated (Begin ... Next ...
 * End) has one place for all. Sinks are called on a thread of the library's, with no lock held, and may call anything.
 *
 * Names of namespaces, classes, properties, methods and qualifiers are the same in capitals and not. lFlags that are
 * said to be 0 answer WBEM_E_INVALID_PARAMETER for anything else.
 *
 * "Follows:" names the page of the Windows documentation that an interface keeps to; its functions' pages hang
 * below. */
#ifndef TRIREME_WBEMCLI_H
#define TRIREME_WBEMCLI_H

#include "windows/combaseapi.h"
#include "windows/oleauto.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- enumerations ---- */

/* What an object is: the value of its property __GENUS. */
typedef enum tag_WBEM_GENUS_TYPE { WBEM_GENUS_CLASS = 1, WBEM_GENUS_INSTANCE = 2 } WBEM_GENUS_TYPE;

/* For PutClass and PutInstance. The same bits mean other things elsewhere: flags belong to their function. */
typedef enum tag_WBEM_CHANGE_FLAG_TYPE {
    WBEM_FLAG_CREATE_OR_UPDATE = 0,
    WBEM_FLAG_UPDATE_ONLY = 0x1,        /* WBEM_E_NOT_FOUND where there is none */
    WBEM_FLAG_CREATE_ONLY = 0x2,        /* WBEM_E_ALREADY_EXISTS where there is one */
    WBEM_FLAG_UPDATE_COMPATIBLE = 0,    /* PutClass: refused where classes derived or instances would notice */
    WBEM_FLAG_UPDATE_SAFE_MODE = 0x20,  /* and: where derived classes would conflict, refused; else they change along */
    WBEM_FLAG_UPDATE_FORCE_MODE = 0x40, /* and: what is in the way is taken along where that is possible at all */
    WBEM_MASK_UPDATE_MODE = 0x60,
    WBEM_FLAG_ADVISORY = 0x10000 /* taken, and nothing is done about it */
} WBEM_CHANGE_FLAG_TYPE;

/* For the functions of IWbemServices; which takes which is said there. */
typedef enum tag_WBEM_GENERIC_FLAG_TYPE {
    WBEM_FLAG_RETURN_IMMEDIATELY = 0x10,
    WBEM_FLAG_RETURN_WBEM_COMPLETE = 0,
    WBEM_FLAG_BIDIRECTIONAL = 0,      /* rows are kept for Reset and Clone */
    WBEM_FLAG_FORWARD_ONLY = 0x20,    /* rows are let go of once read */
    WBEM_FLAG_NO_ERROR_OBJECT = 0x40, /* taken, and nothing is done about it */
    WBEM_FLAG_RETURN_ERROR_OBJECT = 0,
    WBEM_FLAG_SEND_STATUS = 0x80, /* Async: the sink hears of progress */
    WBEM_FLAG_DONT_SEND_STATUS = 0,
    WBEM_FLAG_ENSURE_LOCATABLE = 0x100, /* rows have their __PATH whatever columns were selected */
    WBEM_FLAG_DIRECT_READ = 0x200,      /* instances of exactly the class that is asked for */
    WBEM_FLAG_SEND_ONLY_SELECTED = 0,
    WBEM_RETURN_WHEN_COMPLETE = 0,
    WBEM_RETURN_IMMEDIATELY = 0x10,
    WBEM_MASK_RESERVED_FLAGS = 0x1F000,         /* taken, and nothing is done about them */
    WBEM_FLAG_USE_AMENDED_QUALIFIERS = 0x20000, /* texts for people too, such as Description */
    WBEM_FLAG_STRONG_VALIDATION = 0x100000      /* taken, and nothing is done about it */
} WBEM_GENERIC_FLAG_TYPE;

/* What a call of IWbemObjectSink::SetStatus is about: one of the values, they are not bits. */
typedef enum tag_WBEM_STATUS_TYPE {
    WBEM_STATUS_COMPLETE = 0, /* the last call */
    WBEM_STATUS_REQUIREMENTS = 1,
    WBEM_STATUS_PROGRESS = 2, /* with WBEM_FLAG_SEND_STATUS only */
    WBEM_STATUS_LOGGING_INFORMATION = 0x100,
    WBEM_STATUS_LOGGING_INFORMATION_PROVIDER = 0x200,
    WBEM_STATUS_LOGGING_INFORMATION_HOST = 0x400,
    WBEM_STATUS_LOGGING_INFORMATION_REPOSITORY = 0x800,
    WBEM_STATUS_LOGGING_INFORMATION_ESS = 0x1000
} WBEM_STATUS_TYPE;

/* For an lTimeout, in milliseconds. */
typedef enum tag_WBEM_TIMEOUT_TYPE { WBEM_NO_WAIT = 0, WBEM_INFINITE = (int)0xFFFFFFFF } WBEM_TIMEOUT_TYPE;

/* Which properties IWbemClassObject::GetNames and BeginEnumeration mean: at most one of each mask; KEYS_ONLY and
 * REFS_ONLY may be added. */
typedef enum tag_WBEM_CONDITION_FLAG_TYPE {
    WBEM_FLAG_ALWAYS = 0,
    WBEM_FLAG_ONLY_IF_TRUE = 0x1,      /* those that have the qualifier */
    WBEM_FLAG_ONLY_IF_FALSE = 0x2,     /* those that have it not */
    WBEM_FLAG_ONLY_IF_IDENTICAL = 0x3, /* those that have it with that value */
    WBEM_MASK_PRIMARY_CONDITION = 0x3,
    WBEM_FLAG_KEYS_ONLY = 0x4,
    WBEM_FLAG_REFS_ONLY = 0x8,
    WBEM_FLAG_LOCAL_ONLY = 0x10,      /* of the class itself */
    WBEM_FLAG_PROPAGATED_ONLY = 0x20, /* of its superclasses */
    WBEM_FLAG_SYSTEM_ONLY = 0x30,     /* __CLASS and the like */
    WBEM_FLAG_NONSYSTEM_ONLY = 0x40,
    WBEM_MASK_CONDITION_ORIGIN = 0x70,
    WBEM_FLAG_CLASS_OVERRIDES_ONLY = 0x100, /* classes: inherited, with a default or qualifiers of its own */
    WBEM_FLAG_CLASS_LOCAL_AND_OVERRIDES = 0x200,
    WBEM_MASK_CLASS_CONDITION = 0x300
} WBEM_CONDITION_FLAG_TYPE;

/* How far a qualifier goes, and where it comes from. Of properties, the origin only. */
typedef enum tag_WBEM_FLAVOR_TYPE {
    WBEM_FLAVOR_DONT_PROPAGATE = 0,
    WBEM_FLAVOR_FLAG_PROPAGATE_TO_INSTANCE = 0x1,
    WBEM_FLAVOR_FLAG_PROPAGATE_TO_DERIVED_CLASS = 0x2,
    WBEM_FLAVOR_MASK_PROPAGATION = 0xF,
    WBEM_FLAVOR_OVERRIDABLE = 0,
    WBEM_FLAVOR_NOT_OVERRIDABLE = 0x10,
    WBEM_FLAVOR_MASK_PERMISSIONS = 0x10,
    WBEM_FLAVOR_ORIGIN_LOCAL = 0,
    WBEM_FLAVOR_ORIGIN_PROPAGATED = 0x20,
    WBEM_FLAVOR_ORIGIN_SYSTEM = 0x40,
    WBEM_FLAVOR_MASK_ORIGIN = 0x60,
    WBEM_FLAVOR_NOT_AMENDED = 0,
    WBEM_FLAVOR_AMENDED = 0x80,
    WBEM_FLAVOR_MASK_AMENDED = 0x80
} WBEM_FLAVOR_TYPE;

typedef enum tag_WBEM_QUERY_FLAG_TYPE {
    WBEM_FLAG_DEEP = 0, /* derived classes too */
    WBEM_FLAG_SHALLOW = 1,
    WBEM_FLAG_PROTOTYPE = 2 /* ExecQuery: an object that says what columns there would be, instead of rows */
} WBEM_QUERY_FLAG_TYPE;

/* Rights on a namespace; here the file's permissions decide. */
typedef enum tag_WBEM_SECURITY_FLAGS {
    WBEM_ENABLE = 1,
    WBEM_METHOD_EXECUTE = 2,
    WBEM_FULL_WRITE_REP = 4,
    WBEM_PARTIAL_WRITE_REP = 8,
    WBEM_WRITE_PROVIDER = 0x10,
    WBEM_REMOTE_ACCESS = 0x20,
    WBEM_RIGHT_SUBSCRIBE = 0x40,
    WBEM_RIGHT_PUBLISH = 0x80
} WBEM_SECURITY_FLAGS;

typedef enum tag_WBEM_LIMITATION_FLAG_TYPE {
    WBEM_FLAG_EXCLUDE_OBJECT_QUALIFIERS = 0x10,
    WBEM_FLAG_EXCLUDE_PROPERTY_QUALIFIERS = 0x20
} WBEM_LIMITATION_FLAG_TYPE;

/* For IWbemClassObject::GetObjectText. */
typedef enum tag_WBEM_TEXT_FLAG_TYPE { WBEM_FLAG_NO_FLAVORS = 0x1 } WBEM_TEXT_FLAG_TYPE;

/* For IWbemClassObject::CompareTo. */
typedef enum tag_WBEM_COMPARISON_FLAG {
    WBEM_COMPARISON_INCLUDE_ALL = 0,
    WBEM_FLAG_IGNORE_QUALIFIERS = 0x1,
    WBEM_FLAG_IGNORE_OBJECT_SOURCE = 0x2, /* server and namespace */
    WBEM_FLAG_IGNORE_DEFAULT_VALUES = 0x4,
    WBEM_FLAG_IGNORE_CLASS = 0x8,
    WBEM_FLAG_IGNORE_CASE = 0x10, /* of values that are text */
    WBEM_FLAG_IGNORE_FLAVOR = 0x20
} WBEM_COMPARISON_FLAG;

typedef enum tag_WBEM_LOCKING { WBEM_FLAG_ALLOW_READ = 0x1 } WBEM_LOCKING_FLAG_TYPE;

/* The type of a property (CIMTYPE); behind each, what a VARIANT of such a property holds. An array has CIM_FLAG_ARRAY
 * added to the type of its elements, and VT_ARRAY to theirs. NULL is VT_NULL whatever the type.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/ne-wbemcli-cimtype_enumeration */
typedef enum tag_CIMTYPE_ENUMERATION {
    CIM_ILLEGAL = 0xFFF,
    CIM_EMPTY = 0,
    CIM_SINT8 = 16,      /* VT_I2 */
    CIM_UINT8 = 17,      /* VT_UI1 */
    CIM_SINT16 = 2,      /* VT_I2 */
    CIM_UINT16 = 18,     /* VT_I4 */
    CIM_SINT32 = 3,      /* VT_I4 */
    CIM_UINT32 = 19,     /* VT_I4; from 2^31 on it looks negative: read ulVal */
    CIM_SINT64 = 20,     /* VT_BSTR, decimal */
    CIM_UINT64 = 21,     /* VT_BSTR, decimal */
    CIM_REAL32 = 4,      /* VT_R4 */
    CIM_REAL64 = 5,      /* VT_R8 */
    CIM_BOOLEAN = 11,    /* VT_BOOL */
    CIM_STRING = 8,      /* VT_BSTR */
    CIM_DATETIME = 101,  /* VT_BSTR: yyyymmddHHMMSS.mmmmmmsUUU, or ddddddddHHMMSS.mmmmmm:000 for a span of time */
    CIM_REFERENCE = 102, /* VT_BSTR: an object's path */
    CIM_CHAR16 = 103,    /* VT_I2 */
    CIM_OBJECT = 13,     /* VT_UNKNOWN, to be asked for IID_IWbemClassObject */
    CIM_FLAG_ARRAY = 0x2000
} CIMTYPE_ENUMERATION;
typedef LONG CIMTYPE;

typedef enum tag_WBEM_BACKUP_RESTORE_FLAGS {
    WBEM_FLAG_BACKUP_RESTORE_DEFAULT = 0,
    WBEM_FLAG_BACKUP_RESTORE_FORCE_SHUTDOWN = 1
} WBEM_BACKUP_RESTORE_FLAGS;

typedef enum tag_WBEM_REFRESHER_FLAGS {
    WBEM_FLAG_REFRESH_AUTO_RECONNECT = 0,
    WBEM_FLAG_REFRESH_NO_AUTO_RECONNECT = 1
} WBEM_REFRESHER_FLAGS;

typedef enum tag_WBEM_SHUTDOWN_FLAGS {
    WBEM_SHUTDOWN_UNLOAD_COMPONENT = 1,
    WBEM_SHUTDOWN_WMI = 2,
    WBEM_SHUTDOWN_OS = 3
} WBEM_SHUTDOWN_FLAGS;

/* For IWbemStatusCodeText: whether the text ends with CR and LF. */
typedef enum tag_WBEMSTATUS_FORMAT {
    WBEMSTATUS_FORMAT_NEWLINE = 0,
    WBEMSTATUS_FORMAT_NO_NEWLINE = 1
} WBEMSTATUS_FORMAT;

/* In UTF-16 units, and numbers of things. */
typedef enum tag_WBEM_LIMITS {
    WBEM_MAX_IDENTIFIER = 0x1000,
    WBEM_MAX_QUERY = 0x4000,
    WBEM_MAX_PATH = 0x2000,
    WBEM_MAX_OBJECT_NESTING = 64,
    WBEM_MAX_USER_PROPERTIES = 1024
} WBEM_LIMITS;

/* Result codes. IWbemStatusCodeText and trireme_hresult_text (trireme.h) have a sentence for each. They have an
 * HRESULT's type, so that the ones that are negative compare as such.
 * Follows: learn.microsoft.com/windows/win32/wmisdk/wmi-error-constants */
typedef enum tag_WBEMSTATUS {
    WBEM_NO_ERROR = 0,
    WBEM_S_NO_ERROR = 0,
    WBEM_S_SAME = 0,
    WBEM_S_FALSE = 1,
    WBEM_S_ALREADY_EXISTS = 0x00040001,
    WBEM_S_RESET_TO_DEFAULT = 0x00040002,
    WBEM_S_DIFFERENT = 0x00040003,
    WBEM_S_TIMEDOUT = 0x00040004,
    WBEM_S_NO_MORE_DATA = 0x00040005,
    WBEM_S_OPERATION_CANCELLED = 0x00040006,
    WBEM_S_PENDING = 0x00040007,
    WBEM_S_DUPLICATE_OBJECTS = 0x00040008,
    WBEM_S_ACCESS_DENIED = 0x00040009,
    WBEM_S_PARTIAL_RESULTS = 0x00040010,
    WBEM_S_SOURCE_NOT_AVAILABLE = 0x00040017,

    WBEM_E_FAILED = (int)0x80041001,
    WBEM_E_NOT_FOUND = (int)0x80041002,
    WBEM_E_ACCESS_DENIED = (int)0x80041003,
    WBEM_E_PROVIDER_FAILURE = (int)0x80041004,
    WBEM_E_TYPE_MISMATCH = (int)0x80041005,
    WBEM_E_OUT_OF_MEMORY = (int)0x80041006,
    WBEM_E_INVALID_CONTEXT = (int)0x80041007,
    WBEM_E_INVALID_PARAMETER = (int)0x80041008,
    WBEM_E_NOT_AVAILABLE = (int)0x80041009,
    WBEM_E_CRITICAL_ERROR = (int)0x8004100A,
    WBEM_E_INVALID_STREAM = (int)0x8004100B,
    WBEM_E_NOT_SUPPORTED = (int)0x8004100C,
    WBEM_E_INVALID_SUPERCLASS = (int)0x8004100D,
    WBEM_E_INVALID_NAMESPACE = (int)0x8004100E,
    WBEM_E_INVALID_OBJECT = (int)0x8004100F,
    WBEM_E_INVALID_CLASS = (int)0x80041010,
    WBEM_E_PROVIDER_NOT_FOUND = (int)0x80041011,
    WBEM_E_INVALID_PROVIDER_REGISTRATION = (int)0x80041012,
    WBEM_E_PROVIDER_LOAD_FAILURE = (int)0x80041013,
    WBEM_E_INITIALIZATION_FAILURE = (int)0x80041014,
    WBEM_E_TRANSPORT_FAILURE = (int)0x80041015,
    WBEM_E_INVALID_OPERATION = (int)0x80041016,
    WBEM_E_INVALID_QUERY = (int)0x80041017,
    WBEM_E_INVALID_QUERY_TYPE = (int)0x80041018,
    WBEM_E_ALREADY_EXISTS = (int)0x80041019,
    WBEM_E_OVERRIDE_NOT_ALLOWED = (int)0x8004101A,
    WBEM_E_PROPAGATED_QUALIFIER = (int)0x8004101B,
    WBEM_E_PROPAGATED_PROPERTY = (int)0x8004101C,
    WBEM_E_UNEXPECTED = (int)0x8004101D,
    WBEM_E_ILLEGAL_OPERATION = (int)0x8004101E,
    WBEM_E_CANNOT_BE_KEY = (int)0x8004101F,
    WBEM_E_INCOMPLETE_CLASS = (int)0x80041020,
    WBEM_E_INVALID_SYNTAX = (int)0x80041021,
    WBEM_E_NONDECORATED_OBJECT = (int)0x80041022,
    WBEM_E_READ_ONLY = (int)0x80041023,
    WBEM_E_PROVIDER_NOT_CAPABLE = (int)0x80041024,
    WBEM_E_CLASS_HAS_CHILDREN = (int)0x80041025,
    WBEM_E_CLASS_HAS_INSTANCES = (int)0x80041026,
    WBEM_E_QUERY_NOT_IMPLEMENTED = (int)0x80041027,
    WBEM_E_ILLEGAL_NULL = (int)0x80041028,
    WBEM_E_INVALID_QUALIFIER_TYPE = (int)0x80041029,
    WBEM_E_INVALID_PROPERTY_TYPE = (int)0x8004102A,
    WBEM_E_VALUE_OUT_OF_RANGE = (int)0x8004102B,
    WBEM_E_CANNOT_BE_SINGLETON = (int)0x8004102C,
    WBEM_E_INVALID_CIM_TYPE = (int)0x8004102D,
    WBEM_E_INVALID_METHOD = (int)0x8004102E,
    WBEM_E_INVALID_METHOD_PARAMETERS = (int)0x8004102F,
    WBEM_E_SYSTEM_PROPERTY = (int)0x80041030,
    WBEM_E_INVALID_PROPERTY = (int)0x80041031,
    WBEM_E_CALL_CANCELLED = (int)0x80041032,
    WBEM_E_SHUTTING_DOWN = (int)0x80041033,
    WBEM_E_PROPAGATED_METHOD = (int)0x80041034,
    WBEM_E_UNSUPPORTED_PARAMETER = (int)0x80041035,
    WBEM_E_MISSING_PARAMETER_ID = (int)0x80041036,
    WBEM_E_INVALID_PARAMETER_ID = (int)0x80041037,
    WBEM_E_NONCONSECUTIVE_PARAMETER_IDS = (int)0x80041038,
    WBEM_E_PARAMETER_ID_ON_RETVAL = (int)0x80041039,
    WBEM_E_INVALID_OBJECT_PATH = (int)0x8004103A,
    WBEM_E_OUT_OF_DISK_SPACE = (int)0x8004103B,
    WBEM_E_BUFFER_TOO_SMALL = (int)0x8004103C,
    WBEM_E_UNSUPPORTED_PUT_EXTENSION = (int)0x8004103D,
    WBEM_E_UNKNOWN_OBJECT_TYPE = (int)0x8004103E,
    WBEM_E_UNKNOWN_PACKET_TYPE = (int)0x8004103F,
    WBEM_E_MARSHAL_VERSION_MISMATCH = (int)0x80041040,
    WBEM_E_MARSHAL_INVALID_SIGNATURE = (int)0x80041041,
    WBEM_E_INVALID_QUALIFIER = (int)0x80041042,
    WBEM_E_INVALID_DUPLICATE_PARAMETER = (int)0x80041043,
    WBEM_E_TOO_MUCH_DATA = (int)0x80041044,
    WBEM_E_SERVER_TOO_BUSY = (int)0x80041045,
    WBEM_E_INVALID_FLAVOR = (int)0x80041046,
    WBEM_E_CIRCULAR_REFERENCE = (int)0x80041047,
    WBEM_E_UNSUPPORTED_CLASS_UPDATE = (int)0x80041048,
    WBEM_E_CANNOT_CHANGE_KEY_INHERITANCE = (int)0x80041049,
    WBEM_E_CANNOT_CHANGE_INDEX_INHERITANCE = (int)0x80041050,
    WBEM_E_TOO_MANY_PROPERTIES = (int)0x80041051,
    WBEM_E_UPDATE_TYPE_MISMATCH = (int)0x80041052,
    WBEM_E_UPDATE_OVERRIDE_NOT_ALLOWED = (int)0x80041053,
    WBEM_E_UPDATE_PROPAGATED_METHOD = (int)0x80041054,
    WBEM_E_METHOD_NOT_IMPLEMENTED = (int)0x80041055,
    WBEM_E_METHOD_DISABLED = (int)0x80041056,
    WBEM_E_REFRESHER_BUSY = (int)0x80041057,
    WBEM_E_UNPARSABLE_QUERY = (int)0x80041058,
    WBEM_E_NOT_EVENT_CLASS = (int)0x80041059,
    WBEM_E_MISSING_GROUP_WITHIN = (int)0x8004105A,
    WBEM_E_MISSING_AGGREGATION_LIST = (int)0x8004105B,
    WBEM_E_PROPERTY_NOT_AN_OBJECT = (int)0x8004105C,
    WBEM_E_AGGREGATING_BY_OBJECT = (int)0x8004105D,
    WBEM_E_UNINTERPRETABLE_PROVIDER_QUERY = (int)0x8004105F,
    WBEM_E_BACKUP_RESTORE_WINMGMT_RUNNING = (int)0x80041060,
    WBEM_E_QUEUE_OVERFLOW = (int)0x80041061,
    WBEM_E_PRIVILEGE_NOT_HELD = (int)0x80041062,
    WBEM_E_INVALID_OPERATOR = (int)0x80041063,
    WBEM_E_LOCAL_CREDENTIALS = (int)0x80041064,
    WBEM_E_CANNOT_BE_ABSTRACT = (int)0x80041065,
    WBEM_E_AMENDED_OBJECT = (int)0x80041066,
    WBEM_E_CLIENT_TOO_SLOW = (int)0x80041067,
    WBEM_E_NULL_SECURITY_DESCRIPTOR = (int)0x80041068,
    WBEM_E_TIMED_OUT = (int)0x80041069,
    WBEM_E_INVALID_ASSOCIATION = (int)0x8004106A,
    WBEM_E_AMBIGUOUS_OPERATION = (int)0x8004106B,
    WBEM_E_QUOTA_VIOLATION = (int)0x8004106C,
    WBEM_E_RESERVED_001 = (int)0x8004106D,
    WBEM_E_RESERVED_002 = (int)0x8004106E,
    WBEM_E_UNSUPPORTED_LOCALE = (int)0x8004106F,
    WBEM_E_HANDLE_OUT_OF_DATE = (int)0x80041070,
    WBEM_E_CONNECTION_FAILED = (int)0x80041071,
    WBEM_E_INVALID_HANDLE_REQUEST = (int)0x80041072,
    WBEM_E_PROPERTY_NAME_TOO_WIDE = (int)0x80041073,
    WBEM_E_CLASS_NAME_TOO_WIDE = (int)0x80041074,
    WBEM_E_METHOD_NAME_TOO_WIDE = (int)0x80041075,
    WBEM_E_QUALIFIER_NAME_TOO_WIDE = (int)0x80041076,
    WBEM_E_RERUN_COMMAND = (int)0x80041077,
    WBEM_E_DATABASE_VER_MISMATCH = (int)0x80041078,
    WBEM_E_VETO_DELETE = (int)0x80041079,
    WBEM_E_VETO_PUT = (int)0x8004107A,
    WBEM_E_INVALID_LOCALE = (int)0x80041080,
    WBEM_E_PROVIDER_SUSPENDED = (int)0x80041081,
    WBEM_E_SYNCHRONIZATION_REQUIRED = (int)0x80041082,
    WBEM_E_NO_SCHEMA = (int)0x80041083,
    WBEM_E_PROVIDER_ALREADY_REGISTERED = (int)0x80041084,
    WBEM_E_PROVIDER_NOT_REGISTERED = (int)0x80041085,
    WBEM_E_FATAL_TRANSPORT_ERROR = (int)0x80041086,
    WBEM_E_ENCRYPTED_CONNECTION_REQUIRED = (int)0x80041087,
    WBEM_E_PROVIDER_TIMED_OUT = (int)0x80041088,
    WBEM_E_NO_KEY = (int)0x80041089,
    WBEM_E_PROVIDER_DISABLED = (int)0x8004108A,

    /* Of subscriptions. */
    WBEMESS_E_REGISTRATION_TOO_BROAD = (int)0x80042001,
    WBEMESS_E_REGISTRATION_TOO_PRECISE = (int)0x80042002,
    WBEMESS_E_AUTHZ_NOT_PRIVILEGED = (int)0x80042003,

    /* Of MOF text, in WBEM_COMPILE_STATUS_INFO. */
    WBEMMOF_E_EXPECTED_QUALIFIER_NAME = (int)0x80044001,
    WBEMMOF_E_EXPECTED_SEMI = (int)0x80044002,
    WBEMMOF_E_EXPECTED_OPEN_BRACE = (int)0x80044003,
    WBEMMOF_E_EXPECTED_CLOSE_BRACE = (int)0x80044004,
    WBEMMOF_E_EXPECTED_CLOSE_BRACKET = (int)0x80044005,
    WBEMMOF_E_EXPECTED_CLOSE_PAREN = (int)0x80044006,
    WBEMMOF_E_ILLEGAL_CONSTANT_VALUE = (int)0x80044007,
    WBEMMOF_E_EXPECTED_TYPE_IDENTIFIER = (int)0x80044008,
    WBEMMOF_E_EXPECTED_OPEN_PAREN = (int)0x80044009,
    WBEMMOF_E_UNRECOGNIZED_TOKEN = (int)0x8004400A,
    WBEMMOF_E_UNRECOGNIZED_TYPE = (int)0x8004400B,
    WBEMMOF_E_EXPECTED_PROPERTY_NAME = (int)0x8004400C,
    WBEMMOF_E_TYPEDEF_NOT_SUPPORTED = (int)0x8004400D,
    WBEMMOF_E_UNEXPECTED_ALIAS = (int)0x8004400E,
    WBEMMOF_E_UNEXPECTED_ARRAY_INIT = (int)0x8004400F,
    WBEMMOF_E_INVALID_AMENDMENT_SYNTAX = (int)0x80044010,
    WBEMMOF_E_INVALID_DUPLICATE_AMENDMENT = (int)0x80044011,
    WBEMMOF_E_INVALID_PRAGMA = (int)0x80044012,
    WBEMMOF_E_INVALID_NAMESPACE_SYNTAX = (int)0x80044013,
    WBEMMOF_E_EXPECTED_CLASS_NAME = (int)0x80044014,
    WBEMMOF_E_TYPE_MISMATCH = (int)0x80044015,
    WBEMMOF_E_EXPECTED_ALIAS_NAME = (int)0x80044016,
    WBEMMOF_E_INVALID_CLASS_DECLARATION = (int)0x80044017,
    WBEMMOF_E_INVALID_INSTANCE_DECLARATION = (int)0x80044018,
    WBEMMOF_E_EXPECTED_DOLLAR = (int)0x80044019,
    WBEMMOF_E_CIMTYPE_QUALIFIER = (int)0x8004401A,
    WBEMMOF_E_DUPLICATE_PROPERTY = (int)0x8004401B,
    WBEMMOF_E_INVALID_NAMESPACE_SPECIFICATION = (int)0x8004401C,
    WBEMMOF_E_OUT_OF_RANGE = (int)0x8004401D,
    WBEMMOF_E_INVALID_FILE = (int)0x8004401E,
    WBEMMOF_E_ALIASES_IN_EMBEDDED = (int)0x8004401F,
    WBEMMOF_E_NULL_ARRAY_ELEM = (int)0x80044020,
    WBEMMOF_E_DUPLICATE_QUALIFIER = (int)0x80044021,
    WBEMMOF_E_EXPECTED_FLAVOR_TYPE = (int)0x80044022,
    WBEMMOF_E_INCOMPATIBLE_FLAVOR_TYPES = (int)0x80044023,
    WBEMMOF_E_MULTIPLE_ALIASES = (int)0x80044024,
    WBEMMOF_E_INCOMPATIBLE_FLAVOR_TYPES2 = (int)0x80044025,
    WBEMMOF_E_NO_ARRAYS_RETURNED = (int)0x80044026,
    WBEMMOF_E_MUST_BE_IN_OR_OUT = (int)0x80044027,
    WBEMMOF_E_INVALID_FLAGS_SYNTAX = (int)0x80044028,
    WBEMMOF_E_EXPECTED_BRACE_OR_BAD_TYPE = (int)0x80044029,
    WBEMMOF_E_UNSUPPORTED_CIMV22_QUAL_VALUE = (int)0x8004402A,
    WBEMMOF_E_UNSUPPORTED_CIMV22_DATA_TYPE = (int)0x8004402B,
    WBEMMOF_E_INVALID_DELETEINSTANCE_SYNTAX = (int)0x8004402C,
    WBEMMOF_E_INVALID_QUALIFIER_SYNTAX = (int)0x8004402D,
    WBEMMOF_E_QUALIFIER_USED_OUTSIDE_SCOPE = (int)0x8004402E,
    WBEMMOF_E_ERROR_CREATING_TEMP_FILE = (int)0x8004402F,
    WBEMMOF_E_ERROR_INVALID_INCLUDE_FILE = (int)0x80044030,
    WBEMMOF_E_INVALID_DELETECLASS_SYNTAX = (int)0x80044031
} WBEMSTATUS;

/* For IWbemObjectTextSrc. */
typedef enum tag_WMI_OBJ_TEXT {
    WMI_OBJ_TEXT_CIM_DTD_2_0 = 1,
    WMI_OBJ_TEXT_WMI_DTD_2_0 = 2,
    WMI_OBJ_TEXT_WMI_EXT1 = 3,
    WMI_OBJ_TEXT_WMI_EXT2 = 4,
    WMI_OBJ_TEXT_WMI_EXT3 = 5,
    WMI_OBJ_TEXT_WMI_EXT4 = 6,
    WMI_OBJ_TEXT_WMI_EXT5 = 7,
    WMI_OBJ_TEXT_WMI_EXT6 = 8,
    WMI_OBJ_TEXT_WMI_EXT7 = 9,
    WMI_OBJ_TEXT_WMI_EXT8 = 10,
    WMI_OBJ_TEXT_WMI_EXT9 = 11,
    WMI_OBJ_TEXT_WMI_EXT10 = 12,
    WMI_OBJ_TEXT_LAST = 13
} WMI_OBJ_TEXT;

/* For IMofCompiler. */
typedef enum tag_WBEM_COMPILER_OPTIONS {
    WBEM_FLAG_CHECK_ONLY = 0x1, /* nothing is stored */
    WBEM_FLAG_AUTORECOVER = 0x2,
    WBEM_FLAG_WMI_CHECK = 0x4,
    WBEM_FLAG_CONSOLE_PRINT = 0x8,
    WBEM_FLAG_DONT_ADD_TO_LIST = 0x10,
    WBEM_FLAG_SPLIT_FILES = 0x20,
    WBEM_FLAG_STORE_FILE = 0x100
} WBEM_COMPILER_OPTIONS;

/* For IWbemLocator::ConnectServer. */
typedef enum tag_WBEM_CONNECT_OPTIONS {
    WBEM_FLAG_CONNECT_REPOSITORY_ONLY = 0x40,
    WBEM_FLAG_CONNECT_USE_MAX_WAIT = 0x80, /* connecting never waits here */
    WBEM_FLAG_CONNECT_PROVIDERS = 0x100
} WBEM_CONNECT_OPTIONS;

typedef enum tag_WBEM_UNSECAPP_FLAG_TYPE {
    WBEM_FLAG_UNSECAPP_DEFAULT_CHECK_ACCESS = 0,
    WBEM_FLAG_UNSECAPP_CHECK_ACCESS = 1,
    WBEM_FLAG_UNSECAPP_DONT_CHECK_ACCESS = 2
} WBEM_UNSECAPP_FLAG_TYPE;

typedef enum tag_WBEM_INFORMATION_FLAG_TYPE {
    WBEM_FLAG_SHORT_NAME = 0x1,
    WBEM_FLAG_LONG_NAME = 0x2
} WBEM_INFORMATION_FLAG_TYPE;

/* What came of a compilation. */
typedef struct tag_CompileStatusInfo {
    LONG lPhaseError; /* what failed: 0 nothing, 1 reading the text, 2 an argument, 3 storing */
    HRESULT hRes;     /* WBEMMOF_E_..., or why it could not be stored */
    LONG ObjectNum;   /* which class or instance of the text, from 1; 0 where it is none's fault */
    LONG FirstLine;   /* its lines, from 1 */
    LONG LastLine;
    DWORD dwOutFlags;
} WBEM_COMPILE_STATUS_INFO;

/* ---- ids ---- */

/* Classes. CoCreateInstance makes the first five; the others are REGDB_E_CLASSNOTREG. */
TRIREME_CLASS_ID(WbemLocator, 0x4590F811, 0x1D3A, 0x11D0, 0x89, 0x1F, 0x00, 0xAA, 0x00, 0x4B, 0x2E, 0x24);
TRIREME_CLASS_ID(WbemContext, 0x674B6698, 0xEE92, 0x11D0, 0xAD, 0x71, 0x00, 0xC0, 0x4F, 0xD8, 0xFD, 0xFF);
TRIREME_CLASS_ID(WbemStatusCodeText, 0xEB87E1BD, 0x3233, 0x11D2, 0xAE, 0xC9, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);
TRIREME_CLASS_ID(WbemClassObject, 0x9A653086, 0x174F, 0x11D2, 0xB5, 0xF9, 0x00, 0x10, 0x4B, 0x70, 0x3E, 0xFD);
TRIREME_CLASS_ID(MofCompiler, 0x6DAF9757, 0x2E37, 0x11D2, 0xAE, 0xC9, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);
TRIREME_CLASS_ID(WbemObjectTextSrc, 0x8D1C559D, 0x84F0, 0x4BB3, 0xA7, 0xD5, 0x56, 0xA7, 0x43, 0x5A, 0x9B, 0xA6);
TRIREME_CLASS_ID(WbemRefresher, 0xC71566F2, 0x561E, 0x11D1, 0xAD, 0x87, 0x00, 0xC0, 0x4F, 0xD8, 0xFD, 0xFF);
TRIREME_CLASS_ID(UnsecuredApartment, 0x49BD2028, 0x1523, 0x11D1, 0xAD, 0x79, 0x00, 0xC0, 0x4F, 0xD8, 0xFD, 0xFF);
TRIREME_CLASS_ID(WbemBackupRestore, 0xC49E32C6, 0xBC8B, 0x11D2, 0x85, 0xD4, 0x00, 0x10, 0x5A, 0x1F, 0x83, 0x04);

/* The type library; an id, and nothing more. */
DEFINE_GUID(LIBID_WbemClient_v1, 0x7EC196FE, 0x7005, 0x11D1, 0xAD, 0x90, 0x00, 0xC0, 0x4F, 0xD8, 0xFD, 0xFF);

/* ---- interfaces ---- */

#pragma GCC diagnostic push
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" /* a destructor would have a slot of its own */
#endif

TRIREME_FORWARD_INTERFACE(IWbemLocator);
TRIREME_FORWARD_INTERFACE(IWbemServices);
TRIREME_FORWARD_INTERFACE(IWbemCallResult);
TRIREME_FORWARD_INTERFACE(IEnumWbemClassObject);
TRIREME_FORWARD_INTERFACE(IWbemObjectSink);
TRIREME_FORWARD_INTERFACE(IWbemObjectSinkEx);
TRIREME_FORWARD_INTERFACE(IWbemClassObject);
TRIREME_FORWARD_INTERFACE(IWbemQualifierSet);
TRIREME_FORWARD_INTERFACE(IWbemContext);
TRIREME_FORWARD_INTERFACE(IWbemStatusCodeText);
TRIREME_FORWARD_INTERFACE(IMofCompiler);
TRIREME_FORWARD_INTERFACE(IWbemObjectTextSrc);
TRIREME_FORWARD_INTERFACE(IWbemObjectAccess);
TRIREME_FORWARD_INTERFACE(IWbemShutdown);
TRIREME_FORWARD_INTERFACE(IUnsecuredApartment);
TRIREME_FORWARD_INTERFACE(IWbemUnsecuredApartment);
TRIREME_FORWARD_INTERFACE(IWbemBackupRestore);
TRIREME_FORWARD_INTERFACE(IWbemBackupRestoreEx);
TRIREME_FORWARD_INTERFACE(IWbemRefresher);
TRIREME_FORWARD_INTERFACE(IWbemHiPerfEnum);
TRIREME_FORWARD_INTERFACE(IWbemConfigureRefresher);

/* The way in: an object of CLSID_WbemLocator.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemlocator */
#undef INTERFACE
#define INTERFACE IWbemLocator
DECLARE_INTERFACE_(IWbemLocator, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* A namespace of this machine: "root\cimv2", or with a server, "\\.\root\cimv2"; slashes may lean either way. NULL
     * is root\cimv2; ".", "localhost" and the machine's own name are this machine, for another's the answer is RPC
     * server unavailable (0x800706BA), as where it cannot be reached. strUser, strPassword and strAuthority must be
     * NULL (WBEM_E_LOCAL_CREDENTIALS); strLocale and pCtx are not looked at. lSecurityFlags: WBEM_CONNECT_OPTIONS, which
     * are taken and change nothing (difference from Windows: WBEM_FLAG_CONNECT_REPOSITORY_ONLY does not keep providers
     * from being asked). WBEM_E_INVALID_NAMESPACE where there is no such namespace. */
    STDMETHOD(ConnectServer)(THIS_ const BSTR strNetworkResource, const BSTR strUser, const BSTR strPassword,
                             const BSTR strLocale, LONG lSecurityFlags, const BSTR strAuthority, IWbemContext *pCtx,
                             IWbemServices **ppNamespace) PURE;
};
TRIREME_INTERFACE_ID(IWbemLocator, 0xDC12A687, 0x737F, 0x11CF, 0x88, 0x4D, 0x00, 0xAA, 0x00, 0x4B, 0x2E, 0x24);

#ifdef TRIREME_COBJMACROS
#define IWbemLocator_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemLocator_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemLocator_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemLocator_ConnectServer(This, strNetworkResource, strUser, strPassword, strLocale, lSecurityFlags, \
                                   strAuthority, pCtx, ppNamespace)                                           \
    ((This)->lpVtbl->ConnectServer(This, strNetworkResource, strUser, strPassword, strLocale, lSecurityFlags, \
                                   strAuthority, pCtx, ppNamespace))
#endif

/* A namespace, and everything that can be asked of it. lFlags of each function: those that are named, beside
 * WBEM_FLAG_NO_ERROR_OBJECT, WBEM_FLAG_STRONG_VALIDATION and WBEM_MASK_RESERVED_FLAGS, which mean nothing; anything
 * else is WBEM_E_INVALID_PARAMETER. "Immediately" is WBEM_FLAG_RETURN_IMMEDIATELY, "amended"
 * WBEM_FLAG_USE_AMENDED_QUALIFIERS. pCtx may be NULL always.
 *
 * With immediately, ppCallResult is required, and the other output, if it is given, becomes NULL. Without, ppCallResult
 * may be NULL; where it is not, it becomes an IWbemCallResult that has ended, and says how the call did: the function
 * then answers WBEM_S_NO_ERROR.
 *
 * An Async function takes the flags of its plain sister without immediately and WBEM_FLAG_FORWARD_ONLY, and
 * WBEM_FLAG_SEND_STATUS. WBEM_S_NO_ERROR: the sink has a reference until its last SetStatus has returned. Any other
 * answer: it was not called, and will not be.
 *
 * Once the namespace was deleted, everything but CancelAsyncCall comes to WBEM_E_INVALID_NAMESPACE, also where another
 * of that name was made since.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemservices */
#undef INTERFACE
#define INTERFACE IWbemServices
DECLARE_INTERFACE_(IWbemServices, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* A namespace below this one, by its name or path from here. Flags: immediately. pCtx must be NULL.
     * WBEM_E_INVALID_NAMESPACE. */
    STDMETHOD(OpenNamespace)(THIS_ const BSTR strNamespace, LONG lFlags, IWbemContext *pCtx,
                             IWbemServices **ppWorkingNamespace, IWbemCallResult **ppResult) PURE;

    /* Ends every call that was given this sink: no Indicate follows, the last SetStatus says WBEM_E_CALL_CANCELLED, and
     * when this returns the sink has been let go of, and no call of it is running but the one that this was called in,
     * if any. Of two objects, the one that answers the same IUnknown is the same. WBEM_E_NOT_FOUND where no call has
     * it; one whose calls have all ended a moment ago is fine. */
    STDMETHOD(CancelAsyncCall)(THIS_ IWbemObjectSink *pSink) PURE;

    /* A sink of the library's: objects of event classes that are given to its Indicate become events of this process.
     * lFlags: 0. */
    STDMETHOD(QueryObjectSink)(THIS_ LONG lFlags, IWbemObjectSink **ppResponseHandler) PURE;

    /* The class or instance of that path (Win32_Service.Name="ssh"). NULL and "" give a class without name, to begin a
     * new one with. Flags: immediately, WBEM_FLAG_DIRECT_READ, amended. WBEM_E_NOT_FOUND, WBEM_E_INVALID_OBJECT_PATH,
     * WBEM_E_INVALID_CLASS, WBEM_E_PROVIDER_FAILURE. */
    STDMETHOD(GetObject)(THIS_ const BSTR strObjectPath, LONG lFlags, IWbemContext *pCtx, IWbemClassObject **ppObject,
                         IWbemCallResult **ppCallResult) PURE;
    STDMETHOD(GetObjectAsync)(THIS_ const BSTR strObjectPath, LONG lFlags, IWbemContext *pCtx,
                              IWbemObjectSink *pResponseHandler) PURE;

    /* Stores a class, all or nothing. Flags: immediately, WBEM_CHANGE_FLAG_TYPE, amended. A class that Trireme brings
     * cannot be changed, but derived from. WBEM_E_ALREADY_EXISTS, WBEM_E_NOT_FOUND, WBEM_E_INVALID_CLASS (it is an
     * instance), WBEM_E_INCOMPLETE_CLASS, WBEM_E_INVALID_SUPERCLASS, WBEM_E_CLASS_HAS_CHILDREN,
     * WBEM_E_CLASS_HAS_INSTANCES and others that say what is wrong with it. */
    STDMETHOD(PutClass)(THIS_ IWbemClassObject *pObject, LONG lFlags, IWbemContext *pCtx,
                        IWbemCallResult **ppCallResult) PURE;
    STDMETHOD(PutClassAsync)(THIS_ IWbemClassObject *pObject, LONG lFlags, IWbemContext *pCtx,
                             IWbemObjectSink *pResponseHandler) PURE;

    /* Deletes a class, those derived from it and the instances of all of them. Flags: immediately. WBEM_E_NOT_FOUND,
     * WBEM_E_INVALID_OPERATION. */
    STDMETHOD(DeleteClass)(THIS_ const BSTR strClass, LONG lFlags, IWbemContext *pCtx,
                           IWbemCallResult **ppCallResult) PURE;
    STDMETHOD(DeleteClassAsync)(THIS_ const BSTR strClass, LONG lFlags, IWbemContext *pCtx,
                                IWbemObjectSink *pResponseHandler) PURE;

    /* The classes derived from that one, itself not among them; NULL and "": all. Flags: WBEM_FLAG_SHALLOW (the nearest
     * only), immediately, WBEM_FLAG_FORWARD_ONLY, amended. WBEM_E_INVALID_CLASS. */
    STDMETHOD(CreateClassEnum)(THIS_ const BSTR strSuperclass, LONG lFlags, IWbemContext *pCtx,
                               IEnumWbemClassObject **ppEnum) PURE;
    STDMETHOD(CreateClassEnumAsync)(THIS_ const BSTR strSuperclass, LONG lFlags, IWbemContext *pCtx,
                                    IWbemObjectSink *pResponseHandler) PURE;

    /* Stores an instance, all or nothing; where its class has a provider, the provider changes what the instance stands
     * for. The path is what GetResultString and SetStatus hand out. Flags: immediately, WBEM_FLAG_CREATE_ONLY,
     * WBEM_FLAG_UPDATE_ONLY, amended. pCtx may have __PUT_EXTENSIONS, __PUT_EXT_PROPERTIES and the like, to change some
     * properties only. WBEM_E_ALREADY_EXISTS, WBEM_E_NOT_FOUND, WBEM_E_INVALID_OBJECT (it is a class),
     * WBEM_E_ILLEGAL_NULL, WBEM_E_NO_KEY, WBEM_E_INVALID_CLASS, WBEM_E_PROVIDER_NOT_CAPABLE, WBEM_E_INVALID_CONTEXT,
     * WBEM_E_UNSUPPORTED_PUT_EXTENSION. */
    STDMETHOD(PutInstance)(THIS_ IWbemClassObject *pInst, LONG lFlags, IWbemContext *pCtx,
                           IWbemCallResult **ppCallResult) PURE;
    STDMETHOD(PutInstanceAsync)(THIS_ IWbemClassObject *pInst, LONG lFlags, IWbemContext *pCtx,
                                IWbemObjectSink *pResponseHandler) PURE;

    /* Deletes the instance of that path. Flags: immediately. WBEM_E_NOT_FOUND, WBEM_E_INVALID_OBJECT_PATH,
     * WBEM_E_INVALID_CLASS, WBEM_E_PROVIDER_NOT_CAPABLE. */
    STDMETHOD(DeleteInstance)(THIS_ const BSTR strObjectPath, LONG lFlags, IWbemContext *pCtx,
                              IWbemCallResult **ppCallResult) PURE;
    STDMETHOD(DeleteInstanceAsync)(THIS_ const BSTR strObjectPath, LONG lFlags, IWbemContext *pCtx,
                                   IWbemObjectSink *pResponseHandler) PURE;

    /* The instances of a class and of those derived from it. Flags: WBEM_FLAG_SHALLOW (of the class itself only),
     * immediately, WBEM_FLAG_FORWARD_ONLY, WBEM_FLAG_DIRECT_READ, WBEM_FLAG_ENSURE_LOCATABLE, amended.
     * WBEM_E_INVALID_CLASS. */
    STDMETHOD(CreateInstanceEnum)(THIS_ const BSTR strFilter, LONG lFlags, IWbemContext *pCtx,
                                  IEnumWbemClassObject **ppEnum) PURE;
    STDMETHOD(CreateInstanceEnumAsync)(THIS_ const BSTR strFilter, LONG lFlags, IWbemContext *pCtx,
                                       IWbemObjectSink *pResponseHandler) PURE;

    /* The rows of a query; strQueryLanguage is "WQL". Rows of a query with columns have those alone, and no path unless
     * the keys are among them. Flags: WBEM_FLAG_PROTOTYPE, immediately, WBEM_FLAG_FORWARD_ONLY,
     * WBEM_FLAG_ENSURE_LOCATABLE, WBEM_FLAG_DIRECT_READ, amended. WBEM_E_INVALID_QUERY, WBEM_E_INVALID_QUERY_TYPE,
     * WBEM_E_INVALID_CLASS: the last comes from Next, with immediately. */
    STDMETHOD(ExecQuery)(THIS_ const BSTR strQueryLanguage, const BSTR strQuery, LONG lFlags, IWbemContext *pCtx,
                         IEnumWbemClassObject **ppEnum) PURE;
    STDMETHOD(ExecQueryAsync)(THIS_ const BSTR strQueryLanguage, const BSTR strQuery, LONG lFlags, IWbemContext *pCtx,
                              IWbemObjectSink *pResponseHandler) PURE;

    /* The events that a query describes, from now on until the enumerator is released. Its condition may compare two
     * properties, which one about data may not (TargetInstance.State <> PreviousInstance.State). Flags: immediately and
     * WBEM_FLAG_FORWARD_ONLY, both required; amended. WBEM_E_INVALID_QUERY, WBEM_E_UNPARSABLE_QUERY,
     * WBEM_E_NOT_EVENT_CLASS, WBEMESS_E_REGISTRATION_TOO_PRECISE (WITHIN is missing), WBEMESS_E_REGISTRATION_TOO_BROAD
     * (TargetInstance ISA is missing, which may name several classes, joined with OR) and others that say what is wrong
     * with it. */
    STDMETHOD(ExecNotificationQuery)(THIS_ const BSTR strQueryLanguage, const BSTR strQuery, LONG lFlags,
                                     IWbemContext *pCtx, IEnumWbemClassObject **ppEnum) PURE;

    /* The same into a sink, until CancelAsyncCall; SetStatus is called for failure and cancellation only. Flags:
     * WBEM_FLAG_SEND_STATUS, which means nothing; amended. */
    STDMETHOD(ExecNotificationQueryAsync)(THIS_ const BSTR strQueryLanguage, const BSTR strQuery, LONG lFlags,
                                          IWbemContext *pCtx, IWbemObjectSink *pResponseHandler) PURE;

    /* Has a method of an instance run, or a static one of a class, by its path. pInParams: an instance of what
     * IWbemClassObject::GetMethod says, filled in; NULL where the method takes nothing. *ppOutParams, which is
     * optional: what it gives back, with the property ReturnValue; NULL where there is nothing. A method that says no
     * says so with ReturnValue, and the call has succeeded. Flags: immediately. WBEM_E_INVALID_METHOD,
     * WBEM_E_INVALID_METHOD_PARAMETERS, WBEM_E_METHOD_NOT_IMPLEMENTED, WBEM_E_NOT_FOUND, WBEM_E_INVALID_OBJECT_PATH,
     * WBEM_E_ILLEGAL_OPERATION (it needs an instance). */
    STDMETHOD(ExecMethod)(THIS_ const BSTR strObjectPath, const BSTR strMethodName, LONG lFlags, IWbemContext *pCtx,
                          IWbemClassObject *pInParams, IWbemClassObject **ppOutParams,
                          IWbemCallResult **ppCallResult) PURE;
    STDMETHOD(ExecMethodAsync)(THIS_ const BSTR strObjectPath, const BSTR strMethodName, LONG lFlags,
                               IWbemContext *pCtx, IWbemClassObject *pInParams, IWbemObjectSink *pResponseHandler) PURE;
};
TRIREME_INTERFACE_ID(IWbemServices, 0x9556DC99, 0x828C, 0x11CF, 0xA3, 0x7E, 0x00, 0xAA, 0x00, 0x32, 0x40, 0xC7);

#ifdef TRIREME_COBJMACROS
#define IWbemServices_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemServices_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemServices_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemServices_OpenNamespace(This, strNamespace, lFlags, pCtx, ppWorkingNamespace, ppResult) \
    ((This)->lpVtbl->OpenNamespace(This, strNamespace, lFlags, pCtx, ppWorkingNamespace, ppResult))
#define IWbemServices_CancelAsyncCall(This, pSink) ((This)->lpVtbl->CancelAsyncCall(This, pSink))
#define IWbemServices_QueryObjectSink(This, lFlags, ppResponseHandler) \
    ((This)->lpVtbl->QueryObjectSink(This, lFlags, ppResponseHandler))
#define IWbemServices_GetObject(This, strObjectPath, lFlags, pCtx, ppObject, ppCallResult) \
    ((This)->lpVtbl->GetObject(This, strObjectPath, lFlags, pCtx, ppObject, ppCallResult))
#define IWbemServices_GetObjectAsync(This, strObjectPath, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->GetObjectAsync(This, strObjectPath, lFlags, pCtx, pResponseHandler))
#define IWbemServices_PutClass(This, pObject, lFlags, pCtx, ppCallResult) \
    ((This)->lpVtbl->PutClass(This, pObject, lFlags, pCtx, ppCallResult))
#define IWbemServices_PutClassAsync(This, pObject, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->PutClassAsync(This, pObject, lFlags, pCtx, pResponseHandler))
#define IWbemServices_DeleteClass(This, strClass, lFlags, pCtx, ppCallResult) \
    ((This)->lpVtbl->DeleteClass(This, strClass, lFlags, pCtx, ppCallResult))
#define IWbemServices_DeleteClassAsync(This, strClass, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->DeleteClassAsync(This, strClass, lFlags, pCtx, pResponseHandler))
#define IWbemServices_CreateClassEnum(This, strSuperclass, lFlags, pCtx, ppEnum) \
    ((This)->lpVtbl->CreateClassEnum(This, strSuperclass, lFlags, pCtx, ppEnum))
#define IWbemServices_CreateClassEnumAsync(This, strSuperclass, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->CreateClassEnumAsync(This, strSuperclass, lFlags, pCtx, pResponseHandler))
#define IWbemServices_PutInstance(This, pInst, lFlags, pCtx, ppCallResult) \
    ((This)->lpVtbl->PutInstance(This, pInst, lFlags, pCtx, ppCallResult))
#define IWbemServices_PutInstanceAsync(This, pInst, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->PutInstanceAsync(This, pInst, lFlags, pCtx, pResponseHandler))
#define IWbemServices_DeleteInstance(This, strObjectPath, lFlags, pCtx, ppCallResult) \
    ((This)->lpVtbl->DeleteInstance(This, strObjectPath, lFlags, pCtx, ppCallResult))
#define IWbemServices_DeleteInstanceAsync(This, strObjectPath, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->DeleteInstanceAsync(This, strObjectPath, lFlags, pCtx, pResponseHandler))
#define IWbemServices_CreateInstanceEnum(This, strFilter, lFlags, pCtx, ppEnum) \
    ((This)->lpVtbl->CreateInstanceEnum(This, strFilter, lFlags, pCtx, ppEnum))
#define IWbemServices_CreateInstanceEnumAsync(This, strFilter, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->CreateInstanceEnumAsync(This, strFilter, lFlags, pCtx, pResponseHandler))
#define IWbemServices_ExecQuery(This, strQueryLanguage, strQuery, lFlags, pCtx, ppEnum) \
    ((This)->lpVtbl->ExecQuery(This, strQueryLanguage, strQuery, lFlags, pCtx, ppEnum))
#define IWbemServices_ExecQueryAsync(This, strQueryLanguage, strQuery, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->ExecQueryAsync(This, strQueryLanguage, strQuery, lFlags, pCtx, pResponseHandler))
#define IWbemServices_ExecNotificationQuery(This, strQueryLanguage, strQuery, lFlags, pCtx, ppEnum) \
    ((This)->lpVtbl->ExecNotificationQuery(This, strQueryLanguage, strQuery, lFlags, pCtx, ppEnum))
#define IWbemServices_ExecNotificationQueryAsync(This, strQueryLanguage, strQuery, lFlags, pCtx, pResponseHandler) \
    ((This)->lpVtbl->ExecNotificationQueryAsync(This, strQueryLanguage, strQuery, lFlags, pCtx, pResponseHandler))
#define IWbemServices_ExecMethod(This, strObjectPath, strMethodName, lFlags, pCtx, pInParams, ppOutParams, \
                                 ppCallResult)                                                             \
    ((This)->lpVtbl->ExecMethod(This, strObjectPath, strMethodName, lFlags, pCtx, pInParams, ppOutParams,  \
                                ppCallResult))
#define IWbemServices_ExecMethodAsync(This, strObjectPath, strMethodName, lFlags, pCtx, pInParams, pResponseHandler) \
    ((This)->lpVtbl->ExecMethodAsync(This, strObjectPath, strMethodName, lFlags, pCtx, pInParams, pResponseHandler))
#endif

/* A call that was started, or has ended. Letting go of it does not stop the call. Any number of threads may ask, and as
 * often as they like; each gets the same answer.
 *
 * The three getters wait up to lTimeout for the end. WBEM_S_TIMEDOUT: it has not ended, ask again. The call's own code,
 * where it failed. WBEM_E_INVALID_OPERATION, where it succeeded and has no result of this kind.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemcallresult */
#undef INTERFACE
#define INTERFACE IWbemCallResult
DECLARE_INTERFACE_(IWbemCallResult, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* What GetObject or ExecMethod found: a copy for each that asks. NULL where a method gave nothing back. */
    STDMETHOD(GetResultObject)(THIS_ LONG lTimeout, IWbemClassObject **ppResultObject) PURE;

    /* The path of what PutInstance or PutClass stored. */
    STDMETHOD(GetResultString)(THIS_ LONG lTimeout, BSTR *pstrResultString) PURE;

    /* What OpenNamespace opened. */
    STDMETHOD(GetResultServices)(THIS_ LONG lTimeout, IWbemServices **ppServices) PURE;

    /* WBEM_S_NO_ERROR: the call has ended, and *plStatus is how, be that WBEM_S_NO_ERROR or a failure. WBEM_S_TIMEDOUT:
     * it has not, and *plStatus is 0; with TRIREME_STRICT=1 in the environment it is WBEM_S_PENDING, to find programs
     * that take the one for the other. Asking without waiting never blocks. */
    STDMETHOD(GetCallStatus)(THIS_ LONG lTimeout, LONG *plStatus) PURE;
};
TRIREME_INTERFACE_ID(IWbemCallResult, 0x44ACA675, 0xE8FC, 0x11D0, 0xA0, 0x7C, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);

#ifdef TRIREME_COBJMACROS
#define IWbemCallResult_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemCallResult_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemCallResult_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemCallResult_GetResultObject(This, lTimeout, ppResultObject) \
    ((This)->lpVtbl->GetResultObject(This, lTimeout, ppResultObject))
#define IWbemCallResult_GetResultString(This, lTimeout, pstrResultString) \
    ((This)->lpVtbl->GetResultString(This, lTimeout, pstrResultString))
#define IWbemCallResult_GetResultServices(This, lTimeout, ppServices) \
    ((This)->lpVtbl->GetResultServices(This, lTimeout, ppServices))
#define IWbemCallResult_GetCallStatus(This, lTimeout, plStatus) \
    ((This)->lpVtbl->GetCallStatus(This, lTimeout, plStatus))
#endif

/* Rows to be read one after the other. Letting go of the last reference stops whoever makes them.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-ienumwbemclassobject */
#undef INTERFACE
#define INTERFACE IEnumWbemClassObject
DECLARE_INTERFACE_(IEnumWbemClassObject, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Back to the first row. WBEM_E_INVALID_OPERATION with WBEM_FLAG_FORWARD_ONLY. */
    STDMETHOD(Reset)(THIS) PURE;

    /* Up to uCount rows into the caller's array, each with a reference that is the caller's. WBEM_S_NO_ERROR: all of
     * them. WBEM_S_FALSE: there are no more, and *puReturned says how many these were. WBEM_S_TIMEDOUT: lTimeout passed
     * before there were uCount; those that there were are in the array, and more may come. A failure comes once the
     * rows before it have been read, and again each time. uCount 0 is WBEM_S_NO_ERROR. Both pointers are required. */
    STDMETHOD(Next)(THIS_ LONG lTimeout, ULONG uCount, IWbemClassObject **apObjects, ULONG *puReturned) PURE;

    /* The same into a sink: Indicate with what there is, and SetStatus with WBEM_S_NO_ERROR, WBEM_S_FALSE or the
     * failure. uCount 0 is WBEM_S_FALSE. */
    STDMETHOD(NextAsync)(THIS_ ULONG uCount, IWbemObjectSink *pSink) PURE;

    /* Another over the same rows, at the same place. WBEM_E_INVALID_OPERATION with WBEM_FLAG_FORWARD_ONLY. */
    STDMETHOD(Clone)(THIS_ IEnumWbemClassObject **ppEnum) PURE;

    /* Passes over nCount rows. WBEM_S_FALSE where there are fewer, WBEM_S_TIMEDOUT as above. */
    STDMETHOD(Skip)(THIS_ LONG lTimeout, ULONG nCount) PURE;
};
TRIREME_INTERFACE_ID(IEnumWbemClassObject, 0x027947E1, 0xD731, 0x11CE, 0xA3, 0x57, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01);

#ifdef TRIREME_COBJMACROS
#define IEnumWbemClassObject_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IEnumWbemClassObject_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IEnumWbemClassObject_Release(This) ((This)->lpVtbl->Release(This))
#define IEnumWbemClassObject_Reset(This) ((This)->lpVtbl->Reset(This))
#define IEnumWbemClassObject_Next(This, lTimeout, uCount, apObjects, puReturned) \
    ((This)->lpVtbl->Next(This, lTimeout, uCount, apObjects, puReturned))
#define IEnumWbemClassObject_NextAsync(This, uCount, pSink) ((This)->lpVtbl->NextAsync(This, uCount, pSink))
#define IEnumWbemClassObject_Clone(This, ppEnum) ((This)->lpVtbl->Clone(This, ppEnum))
#define IEnumWbemClassObject_Skip(This, lTimeout, nCount) ((This)->lpVtbl->Skip(This, lTimeout, nCount))
#endif

/* Made by the client, to be given what an Async function finds. Called on a thread of the library's with no lock held,
 * for one call of IWbemServices never by two at once; anything may be called in it. A failure that it answers cancels
 * the call.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemobjectsink */
#undef INTERFACE
#define INTERFACE IWbemObjectSink
DECLARE_INTERFACE_(IWbemObjectSink, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Objects, in order. They are the library's: the sink takes a reference to what it keeps. There may be none. */
    STDMETHOD(Indicate)(THIS_ LONG lObjectCount, IWbemClassObject **apObjArray) PURE;

    /* lFlags WBEM_STATUS_COMPLETE: the last call; hResult is how it ended, strParam the path of what was stored,
     * pObjParam the error object of a failure, NULL where there is none. WBEM_S_PARTIAL_RESULTS: rows are missing, since
     * one of several sources failed, as pObjParam says. WBEM_STATUS_PROGRESS: the low half of hResult says how many
     * objects were handed over (at most 65535), the high half of how many: 0, since nobody knows. strParam and
     * pObjParam are the library's. */
    STDMETHOD(SetStatus)(THIS_ LONG lFlags, HRESULT hResult, BSTR strParam, IWbemClassObject *pObjParam) PURE;
};
TRIREME_INTERFACE_ID(IWbemObjectSink, 0x7C857801, 0x7381, 0x11CF, 0x88, 0x4D, 0x00, 0xAA, 0x00, 0x4B, 0x2E, 0x24);

#ifdef TRIREME_COBJMACROS
#define IWbemObjectSink_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemObjectSink_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemObjectSink_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemObjectSink_Indicate(This, lObjectCount, apObjArray) \
    ((This)->lpVtbl->Indicate(This, lObjectCount, apObjArray))
#define IWbemObjectSink_SetStatus(This, lFlags, hResult, strParam, pObjParam) \
    ((This)->lpVtbl->SetStatus(This, lFlags, hResult, strParam, pObjParam))
#endif

/* A sink that hears more. Nothing here calls what it adds.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemobjectsinkex */
#undef INTERFACE
#define INTERFACE IWbemObjectSinkEx
DECLARE_INTERFACE_(IWbemObjectSinkEx, IWbemObjectSink)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    STDMETHOD(Indicate)(THIS_ LONG lObjectCount, IWbemClassObject **apObjArray) PURE;
    STDMETHOD(SetStatus)(THIS_ LONG lFlags, HRESULT hResult, BSTR strParam, IWbemClassObject *pObjParam) PURE;

    /* Output of a method for people. */
    STDMETHOD(WriteMessage)(THIS_ ULONG uChannel, const BSTR strMessage) PURE;
    STDMETHOD(WriteError)(THIS_ IWbemClassObject *pObjError, unsigned char *puReturned) PURE;
    STDMETHOD(PromptUser)(THIS_ const BSTR strMessage, unsigned char uPromptType, unsigned char *puReturned) PURE;
    STDMETHOD(WriteProgress)(THIS_ const BSTR strActivity, const BSTR strCurrentOperation,
                             const BSTR strStatusDescription, ULONG uPercentComplete, ULONG uSecondsRemaining) PURE;
    STDMETHOD(WriteStreamParameter)(THIS_ const BSTR strName, VARIANT *vtValue, ULONG ulType, ULONG ulFlags) PURE;
};
TRIREME_INTERFACE_ID(IWbemObjectSinkEx, 0xE7D35CFA, 0x348B, 0x485E, 0xB5, 0x24, 0x25, 0x27, 0x25, 0xD6, 0x97, 0xCA);

#ifdef TRIREME_COBJMACROS
#define IWbemObjectSinkEx_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemObjectSinkEx_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemObjectSinkEx_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemObjectSinkEx_Indicate(This, lObjectCount, apObjArray) \
    ((This)->lpVtbl->Indicate(This, lObjectCount, apObjArray))
#define IWbemObjectSinkEx_SetStatus(This, lFlags, hResult, strParam, pObjParam) \
    ((This)->lpVtbl->SetStatus(This, lFlags, hResult, strParam, pObjParam))
#define IWbemObjectSinkEx_WriteMessage(This, uChannel, strMessage) \
    ((This)->lpVtbl->WriteMessage(This, uChannel, strMessage))
#define IWbemObjectSinkEx_WriteError(This, pObjError, puReturned) \
    ((This)->lpVtbl->WriteError(This, pObjError, puReturned))
#define IWbemObjectSinkEx_PromptUser(This, strMessage, uPromptType, puReturned) \
    ((This)->lpVtbl->PromptUser(This, strMessage, uPromptType, puReturned))
#define IWbemObjectSinkEx_WriteProgress(This, strActivity, strCurrentOperation, strStatusDescription,              \
                                        uPercentComplete, uSecondsRemaining)                                       \
    ((This)->lpVtbl->WriteProgress(This, strActivity, strCurrentOperation, strStatusDescription, uPercentComplete, \
                                   uSecondsRemaining))
#define IWbemObjectSinkEx_WriteStreamParameter(This, strName, vtValue, ulType, ulFlags) \
    ((This)->lpVtbl->WriteStreamParameter(This, strName, vtValue, ulType, ulFlags))
#endif

/* A class or an instance: its properties, methods and qualifiers. It is the client's own copy; IWbemServices::PutClass
 * and PutInstance store it.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemclassobject */
#undef INTERFACE
#define INTERFACE IWbemClassObject
DECLARE_INTERFACE_(IWbemClassObject, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* The qualifiers of the class or instance; the object lives as long as they do. */
    STDMETHOD(GetQualifierSet)(THIS_ IWbemQualifierSet **ppQualSet) PURE;

    /* A property, also a system property (__CLASS, __PATH, ...). lFlags: 0. The last three are optional; *plFlavor is
     * its WBEM_FLAVOR_ORIGIN: of a class, LOCAL where the property is the class's own; of an instance, LOCAL where the
     * value is its own, PROPAGATED where it is what the class says. WBEM_E_NOT_FOUND. */
    STDMETHOD(Get)(THIS_ LPCWSTR wszName, LONG lFlags, VARIANT *pVal, CIMTYPE *pType, LONG *plFlavor) PURE;

    /* Sets a property. Of a class: a new one, or another default; Type says what a new one is where pVal is NULL or
     * VT_NULL or does not say it, and must be 0, or what it is, for one that exists. Of an instance: its value; pVal
     * NULL or VT_NULL makes it NULL. The value is converted as Automation does it where that loses nothing:
     * WBEM_E_TYPE_MISMATCH, WBEM_E_VALUE_OUT_OF_RANGE. WBEM_E_NOT_FOUND (instances), WBEM_E_READ_ONLY (system
     * properties; of a class that is being made, __CLASS may be set), WBEM_E_INVALID_PARAMETER for names that begin or
     * end with an underscore. lFlags: 0. */
    STDMETHOD(Put)(THIS_ LPCWSTR wszName, LONG lFlags, VARIANT *pVal, CIMTYPE Type) PURE;

    /* Of a class: removes a property; WBEM_S_RESET_TO_DEFAULT where it is inherited and only what was changed of it
     * goes, WBEM_E_PROPAGATED_PROPERTY where there is nothing of the sort. Of an instance: its value becomes the
     * class's default. WBEM_E_NOT_FOUND, WBEM_E_SYSTEM_PROPERTY. */
    STDMETHOD(Delete)(THIS_ LPCWSTR wszName) PURE;

    /* The names of the properties that lFlags (WBEM_CONDITION_FLAG_TYPE) describes, as strings; an array always, also
     * where there are none. wszQualifierName and pQualifierVal: for the primary conditions that need them, NULL
     * otherwise. */
    STDMETHOD(GetNames)(THIS_ LPCWSTR wszQualifierName, LONG lFlags, VARIANT *pQualifierVal, SAFEARRAY **pNames) PURE;

    /* Begins, or begins again, to go through the properties. lEnumFlags: WBEM_CONDITION_FLAG_TYPE without the primary
     * conditions. */
    STDMETHOD(BeginEnumeration)(THIS_ LONG lEnumFlags) PURE;

    /* The next one; all outputs are optional. WBEM_S_NO_MORE_DATA after the last; WBEM_E_UNEXPECTED where nothing was
     * begun. The superclass's come first, in the order of their declaration. */
    STDMETHOD(Next)(THIS_ LONG lFlags, BSTR *strName, VARIANT *pVal, CIMTYPE *pType, LONG *plFlavor) PURE;

    /* Need not be called. */
    STDMETHOD(EndEnumeration)(THIS) PURE;

    /* The qualifiers of a property. WBEM_E_NOT_FOUND, WBEM_E_SYSTEM_PROPERTY. */
    STDMETHOD(GetPropertyQualifierSet)(THIS_ LPCWSTR wszProperty, IWbemQualifierSet **ppQualSet) PURE;

    /* A copy that shares nothing. */
    STDMETHOD(Clone)(THIS_ IWbemClassObject **ppCopy) PURE;

    /* The object as MOF text. lFlags: 0 or WBEM_FLAG_NO_FLAVORS. */
    STDMETHOD(GetObjectText)(THIS_ LONG lFlags, BSTR *pstrObjectText) PURE;

    /* A class derived from this one, to be named with Put of __CLASS. WBEM_E_INVALID_OPERATION of an instance. */
    STDMETHOD(SpawnDerivedClass)(THIS_ LONG lFlags, IWbemClassObject **ppNewClass) PURE;

    /* An instance of this class, with its defaults; of an instance: one of the same class. WBEM_E_INCOMPLETE_CLASS
     * where the class was not stored yet. */
    STDMETHOD(SpawnInstance)(THIS_ LONG lFlags, IWbemClassObject **ppNewInstance) PURE;

    /* WBEM_S_SAME or WBEM_S_DIFFERENT. lFlags: WBEM_COMPARISON_FLAG. */
    STDMETHOD(CompareTo)(THIS_ LONG lFlags, IWbemClassObject *pCompareTo) PURE;

    /* The class that a property was first declared in; "___SYSTEM" for a system property. WBEM_E_NOT_FOUND. */
    STDMETHOD(GetPropertyOrigin)(THIS_ LPCWSTR wszName, BSTR *pstrClassName) PURE;

    /* WBEM_S_NO_ERROR: it is of that class or one derived from it. WBEM_S_FALSE: it is not. */
    STDMETHOD(InheritsFrom)(THIS_ LPCWSTR strAncestor) PURE;

    /* Of a class: what a method takes and gives back, as classes to make instances of; both are optional, and NULL
     * where the method takes or gives nothing. WBEM_E_NOT_FOUND. */
    STDMETHOD(GetMethod)(THIS_ LPCWSTR wszName, LONG lFlags, IWbemClassObject **ppInSignature,
                         IWbemClassObject **ppOutSignature) PURE;

    /* Of a class: adds or replaces a method. Each parameter is a property with a qualifier ID: from 0 on, without gaps,
     * in both together; one that is in both is equal in both. WBEM_E_MISSING_PARAMETER_ID,
     * WBEM_E_NONCONSECUTIVE_PARAMETER_IDS, WBEM_E_PARAMETER_ID_ON_RETVAL, WBEM_E_INVALID_DUPLICATE_PARAMETER,
     * WBEM_E_PROPAGATED_METHOD; WBEM_E_INVALID_PARAMETER for names that begin or end with an underscore. */
    STDMETHOD(PutMethod)(THIS_ LPCWSTR wszName, LONG lFlags, IWbemClassObject *pInSignature,
                         IWbemClassObject *pOutSignature) PURE;

    /* Of a class. WBEM_E_NOT_FOUND, WBEM_E_PROPAGATED_METHOD. */
    STDMETHOD(DeleteMethod)(THIS_ LPCWSTR wszName) PURE;

    /* Begins to go through the methods. lEnumFlags: 0, WBEM_FLAG_LOCAL_ONLY or WBEM_FLAG_PROPAGATED_ONLY. */
    STDMETHOD(BeginMethodEnumeration)(THIS_ LONG lEnumFlags) PURE;

    /* The next one; all outputs are optional. WBEM_S_NO_MORE_DATA after the last. */
    STDMETHOD(NextMethod)(THIS_ LONG lFlags, BSTR *pstrName, IWbemClassObject **ppInSignature,
                          IWbemClassObject **ppOutSignature) PURE;
    STDMETHOD(EndMethodEnumeration)(THIS) PURE;

    /* The qualifiers of a method. WBEM_E_NOT_FOUND. */
    STDMETHOD(GetMethodQualifierSet)(THIS_ LPCWSTR wszMethod, IWbemQualifierSet **ppQualSet) PURE;

    /* The class that a method was first declared in. WBEM_E_NOT_FOUND. */
    STDMETHOD(GetMethodOrigin)(THIS_ LPCWSTR wszMethodName, BSTR *pstrClassName) PURE;
};
TRIREME_INTERFACE_ID(IWbemClassObject, 0xDC12A681, 0x737F, 0x11CF, 0x88, 0x4D, 0x00, 0xAA, 0x00, 0x4B, 0x2E, 0x24);

#ifdef TRIREME_COBJMACROS
#define IWbemClassObject_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemClassObject_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemClassObject_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemClassObject_GetQualifierSet(This, ppQualSet) ((This)->lpVtbl->GetQualifierSet(This, ppQualSet))
#define IWbemClassObject_Get(This, wszName, lFlags, pVal, pType, plFlavor) \
    ((This)->lpVtbl->Get(This, wszName, lFlags, pVal, pType, plFlavor))
#define IWbemClassObject_Put(This, wszName, lFlags, pVal, Type) ((This)->lpVtbl->Put(This, wszName, lFlags, pVal, Type))
#define IWbemClassObject_Delete(This, wszName) ((This)->lpVtbl->Delete(This, wszName))
#define IWbemClassObject_GetNames(This, wszQualifierName, lFlags, pQualifierVal, pNames) \
    ((This)->lpVtbl->GetNames(This, wszQualifierName, lFlags, pQualifierVal, pNames))
#define IWbemClassObject_BeginEnumeration(This, lEnumFlags) ((This)->lpVtbl->BeginEnumeration(This, lEnumFlags))
#define IWbemClassObject_Next(This, lFlags, strName, pVal, pType, plFlavor) \
    ((This)->lpVtbl->Next(This, lFlags, strName, pVal, pType, plFlavor))
#define IWbemClassObject_EndEnumeration(This) ((This)->lpVtbl->EndEnumeration(This))
#define IWbemClassObject_GetPropertyQualifierSet(This, wszProperty, ppQualSet) \
    ((This)->lpVtbl->GetPropertyQualifierSet(This, wszProperty, ppQualSet))
#define IWbemClassObject_Clone(This, ppCopy) ((This)->lpVtbl->Clone(This, ppCopy))
#define IWbemClassObject_GetObjectText(This, lFlags, pstrObjectText) \
    ((This)->lpVtbl->GetObjectText(This, lFlags, pstrObjectText))
#define IWbemClassObject_SpawnDerivedClass(This, lFlags, ppNewClass) \
    ((This)->lpVtbl->SpawnDerivedClass(This, lFlags, ppNewClass))
#define IWbemClassObject_SpawnInstance(This, lFlags, ppNewInstance) \
    ((This)->lpVtbl->SpawnInstance(This, lFlags, ppNewInstance))
#define IWbemClassObject_CompareTo(This, lFlags, pCompareTo) ((This)->lpVtbl->CompareTo(This, lFlags, pCompareTo))
#define IWbemClassObject_GetPropertyOrigin(This, wszName, pstrClassName) \
    ((This)->lpVtbl->GetPropertyOrigin(This, wszName, pstrClassName))
#define IWbemClassObject_InheritsFrom(This, strAncestor) ((This)->lpVtbl->InheritsFrom(This, strAncestor))
#define IWbemClassObject_GetMethod(This, wszName, lFlags, ppInSignature, ppOutSignature) \
    ((This)->lpVtbl->GetMethod(This, wszName, lFlags, ppInSignature, ppOutSignature))
#define IWbemClassObject_PutMethod(This, wszName, lFlags, pInSignature, pOutSignature) \
    ((This)->lpVtbl->PutMethod(This, wszName, lFlags, pInSignature, pOutSignature))
#define IWbemClassObject_DeleteMethod(This, wszName) ((This)->lpVtbl->DeleteMethod(This, wszName))
#define IWbemClassObject_BeginMethodEnumeration(This, lEnumFlags) \
    ((This)->lpVtbl->BeginMethodEnumeration(This, lEnumFlags))
#define IWbemClassObject_NextMethod(This, lFlags, pstrName, ppInSignature, ppOutSignature) \
    ((This)->lpVtbl->NextMethod(This, lFlags, pstrName, ppInSignature, ppOutSignature))
#define IWbemClassObject_EndMethodEnumeration(This) ((This)->lpVtbl->EndMethodEnumeration(This))
#define IWbemClassObject_GetMethodQualifierSet(This, wszMethod, ppQualSet) \
    ((This)->lpVtbl->GetMethodQualifierSet(This, wszMethod, ppQualSet))
#define IWbemClassObject_GetMethodOrigin(This, wszMethodName, pstrClassName) \
    ((This)->lpVtbl->GetMethodOrigin(This, wszMethodName, pstrClassName))
#endif

/* The qualifiers of a class, an instance, a property or a method. What is changed here is changed there.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemqualifierset */
#undef INTERFACE
#define INTERFACE IWbemQualifierSet
DECLARE_INTERFACE_(IWbemQualifierSet, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* A qualifier; the last two are optional. lFlags: 0. WBEM_E_NOT_FOUND. */
    STDMETHOD(Get)(THIS_ LPCWSTR wszName, LONG lFlags, VARIANT *pVal, LONG *plFlavor) PURE;

    /* Adds or changes one: VT_BSTR, VT_I4, VT_R8, VT_BOOL, or an array of one of them (WBEM_E_INVALID_QUALIFIER_TYPE).
     * lFlavor: WBEM_FLAVOR_TYPE without the origin. WBEM_E_OVERRIDE_NOT_ALLOWED, WBEM_E_CANNOT_BE_KEY,
     * WBEM_E_INVALID_PARAMETER for names that begin or end with an underscore. */
    STDMETHOD(Put)(THIS_ LPCWSTR wszName, VARIANT *pVal, LONG lFlavor) PURE;

    /* WBEM_E_NOT_FOUND, WBEM_E_PROPAGATED_QUALIFIER; WBEM_S_RESET_TO_DEFAULT where the inherited one comes back. */
    STDMETHOD(Delete)(THIS_ LPCWSTR wszName) PURE;

    /* Their names, as strings. lFlags: 0, WBEM_FLAG_LOCAL_ONLY or WBEM_FLAG_PROPAGATED_ONLY. */
    STDMETHOD(GetNames)(THIS_ LONG lFlags, SAFEARRAY **pNames) PURE;

    /* Begins to go through them; the same flags. */
    STDMETHOD(BeginEnumeration)(THIS_ LONG lFlags) PURE;

    /* The next one; all outputs are optional. WBEM_S_NO_MORE_DATA after the last. lFlags: 0. */
    STDMETHOD(Next)(THIS_ LONG lFlags, BSTR *pstrName, VARIANT *pVal, LONG *plFlavor) PURE;
    STDMETHOD(EndEnumeration)(THIS) PURE;
};
TRIREME_INTERFACE_ID(IWbemQualifierSet, 0xDC12A680, 0x737F, 0x11CF, 0x88, 0x4D, 0x00, 0xAA, 0x00, 0x4B, 0x2E, 0x24);

#ifdef TRIREME_COBJMACROS
#define IWbemQualifierSet_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemQualifierSet_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemQualifierSet_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemQualifierSet_Get(This, wszName, lFlags, pVal, plFlavor) \
    ((This)->lpVtbl->Get(This, wszName, lFlags, pVal, plFlavor))
#define IWbemQualifierSet_Put(This, wszName, pVal, lFlavor) ((This)->lpVtbl->Put(This, wszName, pVal, lFlavor))
#define IWbemQualifierSet_Delete(This, wszName) ((This)->lpVtbl->Delete(This, wszName))
#define IWbemQualifierSet_GetNames(This, lFlags, pNames) ((This)->lpVtbl->GetNames(This, lFlags, pNames))
#define IWbemQualifierSet_BeginEnumeration(This, lFlags) ((This)->lpVtbl->BeginEnumeration(This, lFlags))
#define IWbemQualifierSet_Next(This, lFlags, pstrName, pVal, plFlavor) \
    ((This)->lpVtbl->Next(This, lFlags, pstrName, pVal, plFlavor))
#define IWbemQualifierSet_EndEnumeration(This) ((This)->lpVtbl->EndEnumeration(This))
#endif

/* Named values that go along with a call: an object of CLSID_WbemContext. A call takes a copy when it begins. What
 * calls look at: __TRI_TIMEOUT_MS, and those of the partial puts and gets of Windows. lFlags: 0, of every function.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemcontext */
#undef INTERFACE
#define INTERFACE IWbemContext
DECLARE_INTERFACE_(IWbemContext, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* A copy that shares nothing. */
    STDMETHOD(Clone)(THIS_ IWbemContext **ppNewCopy) PURE;

    /* The names, as strings. */
    STDMETHOD(GetNames)(THIS_ LONG lFlags, SAFEARRAY **pNames) PURE;

    /* Begins to go through the values, in the order in which they were set first. */
    STDMETHOD(BeginEnumeration)(THIS_ LONG lFlags) PURE;

    /* The next one; both outputs are optional. WBEM_S_NO_MORE_DATA after the last; WBEM_E_UNEXPECTED where nothing was
     * begun. */
    STDMETHOD(Next)(THIS_ LONG lFlags, BSTR *pstrName, VARIANT *pValue) PURE;
    STDMETHOD(EndEnumeration)(THIS) PURE;

    /* Sets a value, a copy of pValue. */
    STDMETHOD(SetValue)(THIS_ LPCWSTR wszName, LONG lFlags, VARIANT *pValue) PURE;

    /* WBEM_E_NOT_FOUND. */
    STDMETHOD(GetValue)(THIS_ LPCWSTR wszName, LONG lFlags, VARIANT *pValue) PURE;

    /* WBEM_E_NOT_FOUND. */
    STDMETHOD(DeleteValue)(THIS_ LPCWSTR wszName, LONG lFlags) PURE;
    STDMETHOD(DeleteAll)(THIS) PURE;
};
TRIREME_INTERFACE_ID(IWbemContext, 0x44ACA674, 0xE8FC, 0x11D0, 0xA0, 0x7C, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);

#ifdef TRIREME_COBJMACROS
#define IWbemContext_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemContext_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemContext_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemContext_Clone(This, ppNewCopy) ((This)->lpVtbl->Clone(This, ppNewCopy))
#define IWbemContext_GetNames(This, lFlags, pNames) ((This)->lpVtbl->GetNames(This, lFlags, pNames))
#define IWbemContext_BeginEnumeration(This, lFlags) ((This)->lpVtbl->BeginEnumeration(This, lFlags))
#define IWbemContext_Next(This, lFlags, pstrName, pValue) ((This)->lpVtbl->Next(This, lFlags, pstrName, pValue))
#define IWbemContext_EndEnumeration(This) ((This)->lpVtbl->EndEnumeration(This))
#define IWbemContext_SetValue(This, wszName, lFlags, pValue) ((This)->lpVtbl->SetValue(This, wszName, lFlags, pValue))
#define IWbemContext_GetValue(This, wszName, lFlags, pValue) ((This)->lpVtbl->GetValue(This, wszName, lFlags, pValue))
#define IWbemContext_DeleteValue(This, wszName, lFlags) ((This)->lpVtbl->DeleteValue(This, wszName, lFlags))
#define IWbemContext_DeleteAll(This) ((This)->lpVtbl->DeleteAll(This))
#endif

/* Sentences for codes: an object of CLSID_WbemStatusCodeText. They are in English, whatever LocaleId says. lFlags:
 * WBEMSTATUS_FORMAT.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemstatuscodetext */
#undef INTERFACE
#define INTERFACE IWbemStatusCodeText
DECLARE_INTERFACE_(IWbemStatusCodeText, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* What a code means. One that is unknown gets a sentence too. */
    STDMETHOD(GetErrorCodeText)(THIS_ HRESULT hRes, LCID LocaleId, LONG lFlags, BSTR *MessageText) PURE;

    /* Whose code it is: "WMI", "Win32", ... */
    STDMETHOD(GetFacilityCodeText)(THIS_ HRESULT hRes, LCID LocaleId, LONG lFlags, BSTR *MessageText) PURE;
};
TRIREME_INTERFACE_ID(IWbemStatusCodeText, 0xEB87E1BC, 0x3233, 0x11D2, 0xAE, 0xC9, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);

#ifdef TRIREME_COBJMACROS
#define IWbemStatusCodeText_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemStatusCodeText_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemStatusCodeText_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemStatusCodeText_GetErrorCodeText(This, hRes, LocaleId, lFlags, MessageText) \
    ((This)->lpVtbl->GetErrorCodeText(This, hRes, LocaleId, lFlags, MessageText))
#define IWbemStatusCodeText_GetFacilityCodeText(This, hRes, LocaleId, lFlags, MessageText) \
    ((This)->lpVtbl->GetFacilityCodeText(This, hRes, LocaleId, lFlags, MessageText))
#endif

/* Compiles MOF text into a namespace, all or nothing: an object of CLSID_MofCompiler. User, Authority and Password must
 * be NULL. lOptionFlags: WBEM_COMPILER_OPTIONS; lClassFlags, lInstanceFlags: WBEM_CHANGE_FLAG_TYPE. ServerAndNamespace
 * NULL is root\default; "#pragma namespace" in the text goes before it. WBEM_S_FALSE: the text or its storing failed,
 * and pInfo, which is optional, says where.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-imofcompiler */
#undef INTERFACE
#define INTERFACE IMofCompiler
DECLARE_INTERFACE_(IMofCompiler, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* A file, by a path as Linux writes it. */
    STDMETHOD(CompileFile)(THIS_ LPWSTR FileName, LPWSTR ServerAndNamespace, LPWSTR User, LPWSTR Authority,
                           LPWSTR Password, LONG lOptionFlags, LONG lClassFlags, LONG lInstanceFlags,
                           WBEM_COMPILE_STATUS_INFO *pInfo) PURE;

    /* BuffSize bytes of UTF-8, or of UTF-16 with a byte order mark; no NUL is needed. */
    STDMETHOD(CompileBuffer)(THIS_ LONG BuffSize, BYTE *pBuffer, LPWSTR ServerAndNamespace, LPWSTR User,
                             LPWSTR Authority, LPWSTR Password, LONG lOptionFlags, LONG lClassFlags,
                             LONG lInstanceFlags, WBEM_COMPILE_STATUS_INFO *pInfo) PURE;

    /* WBEM_E_NOT_SUPPORTED: there is no binary form of MOF here. */
    STDMETHOD(CreateBMOF)(THIS_ LPWSTR TextFileName, LPWSTR BMOFFileName, LPWSTR ServerAndNamespace, LONG lOptionFlags,
                          LONG lClassFlags, LONG lInstanceFlags, WBEM_COMPILE_STATUS_INFO *pInfo) PURE;
};
TRIREME_INTERFACE_ID(IMofCompiler, 0x6DAF974E, 0x2E37, 0x11D2, 0xAE, 0xC9, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);

#ifdef TRIREME_COBJMACROS
#define IMofCompiler_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IMofCompiler_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IMofCompiler_Release(This) ((This)->lpVtbl->Release(This))
#define IMofCompiler_CompileFile(This, FileName, ServerAndNamespace, User, Authority, Password, lOptionFlags, \
                                 lClassFlags, lInstanceFlags, pInfo)                                          \
    ((This)->lpVtbl->CompileFile(This, FileName, ServerAndNamespace, User, Authority, Password, lOptionFlags, \
                                 lClassFlags, lInstanceFlags, pInfo))
#define IMofCompiler_CompileBuffer(This, BuffSize, pBuffer, ServerAndNamespace, User, Authority, Password, \
                                   lOptionFlags, lClassFlags, lInstanceFlags, pInfo)                       \
    ((This)->lpVtbl->CompileBuffer(This, BuffSize, pBuffer, ServerAndNamespace, User, Authority, Password, \
                                   lOptionFlags, lClassFlags, lInstanceFlags, pInfo))
#define IMofCompiler_CreateBMOF(This, TextFileName, BMOFFileName, ServerAndNamespace, lOptionFlags, lClassFlags, \
                                lInstanceFlags, pInfo)                                                           \
    ((This)->lpVtbl->CreateBMOF(This, TextFileName, BMOFFileName, ServerAndNamespace, lOptionFlags, lClassFlags, \
                                lInstanceFlags, pInfo))
#endif

/* The interfaces from here on are declared for source that names them; no class of Trireme's has them.
 *
 * Objects as XML text. uObjTextFormat: WMI_OBJ_TEXT.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemobjecttextsrc */
#undef INTERFACE
#define INTERFACE IWbemObjectTextSrc
DECLARE_INTERFACE_(IWbemObjectTextSrc, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(GetText)(THIS_ LONG lFlags, IWbemClassObject *pObj, ULONG uObjTextFormat, IWbemContext *pCtx,
                       BSTR *strText) PURE;
    STDMETHOD(CreateFromText)(THIS_ LONG lFlags, BSTR strText, ULONG uObjTextFormat, IWbemContext *pCtx,
                              IWbemClassObject **pNewObj) PURE;
};
TRIREME_INTERFACE_ID(IWbemObjectTextSrc, 0xBFBF883A, 0xCAD7, 0x11D3, 0xA1, 0x1B, 0x00, 0x10, 0x5A, 0x1F, 0x51, 0x5A);

#ifdef TRIREME_COBJMACROS
#define IWbemObjectTextSrc_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemObjectTextSrc_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemObjectTextSrc_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemObjectTextSrc_GetText(This, lFlags, pObj, uObjTextFormat, pCtx, strText) \
    ((This)->lpVtbl->GetText(This, lFlags, pObj, uObjTextFormat, pCtx, strText))
#define IWbemObjectTextSrc_CreateFromText(This, lFlags, strText, uObjTextFormat, pCtx, pNewObj) \
    ((This)->lpVtbl->CreateFromText(This, lFlags, strText, uObjTextFormat, pCtx, pNewObj))
#endif

/* Properties by handle instead of by name.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemobjectaccess */
#undef INTERFACE
#define INTERFACE IWbemObjectAccess
DECLARE_INTERFACE_(IWbemObjectAccess, IWbemClassObject)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    STDMETHOD(GetQualifierSet)(THIS_ IWbemQualifierSet **ppQualSet) PURE;
    STDMETHOD(Get)(THIS_ LPCWSTR wszName, LONG lFlags, VARIANT *pVal, CIMTYPE *pType, LONG *plFlavor) PURE;
    STDMETHOD(Put)(THIS_ LPCWSTR wszName, LONG lFlags, VARIANT *pVal, CIMTYPE Type) PURE;
    STDMETHOD(Delete)(THIS_ LPCWSTR wszName) PURE;
    STDMETHOD(GetNames)(THIS_ LPCWSTR wszQualifierName, LONG lFlags, VARIANT *pQualifierVal, SAFEARRAY **pNames) PURE;
    STDMETHOD(BeginEnumeration)(THIS_ LONG lEnumFlags) PURE;
    STDMETHOD(Next)(THIS_ LONG lFlags, BSTR *strName, VARIANT *pVal, CIMTYPE *pType, LONG *plFlavor) PURE;
    STDMETHOD(EndEnumeration)(THIS) PURE;
    STDMETHOD(GetPropertyQualifierSet)(THIS_ LPCWSTR wszProperty, IWbemQualifierSet **ppQualSet) PURE;
    STDMETHOD(Clone)(THIS_ IWbemClassObject **ppCopy) PURE;
    STDMETHOD(GetObjectText)(THIS_ LONG lFlags, BSTR *pstrObjectText) PURE;
    STDMETHOD(SpawnDerivedClass)(THIS_ LONG lFlags, IWbemClassObject **ppNewClass) PURE;
    STDMETHOD(SpawnInstance)(THIS_ LONG lFlags, IWbemClassObject **ppNewInstance) PURE;
    STDMETHOD(CompareTo)(THIS_ LONG lFlags, IWbemClassObject *pCompareTo) PURE;
    STDMETHOD(GetPropertyOrigin)(THIS_ LPCWSTR wszName, BSTR *pstrClassName) PURE;
    STDMETHOD(InheritsFrom)(THIS_ LPCWSTR strAncestor) PURE;
    STDMETHOD(GetMethod)(THIS_ LPCWSTR wszName, LONG lFlags, IWbemClassObject **ppInSignature,
                         IWbemClassObject **ppOutSignature) PURE;
    STDMETHOD(PutMethod)(THIS_ LPCWSTR wszName, LONG lFlags, IWbemClassObject *pInSignature,
                         IWbemClassObject *pOutSignature) PURE;
    STDMETHOD(DeleteMethod)(THIS_ LPCWSTR wszName) PURE;
    STDMETHOD(BeginMethodEnumeration)(THIS_ LONG lEnumFlags) PURE;
    STDMETHOD(NextMethod)(THIS_ LONG lFlags, BSTR *pstrName, IWbemClassObject **ppInSignature,
                          IWbemClassObject **ppOutSignature) PURE;
    STDMETHOD(EndMethodEnumeration)(THIS) PURE;
    STDMETHOD(GetMethodQualifierSet)(THIS_ LPCWSTR wszMethod, IWbemQualifierSet **ppQualSet) PURE;
    STDMETHOD(GetMethodOrigin)(THIS_ LPCWSTR wszMethodName, BSTR *pstrClassName) PURE;
    STDMETHOD(GetPropertyHandle)(THIS_ LPCWSTR wszPropertyName, CIMTYPE *pType, LONG *plHandle) PURE;
    STDMETHOD(WritePropertyValue)(THIS_ LONG lHandle, LONG lNumBytes, const BYTE *aData) PURE;
    STDMETHOD(ReadPropertyValue)(THIS_ LONG lHandle, LONG lBufferSize, LONG *plNumBytes, BYTE *aData) PURE;
    STDMETHOD(ReadDWORD)(THIS_ LONG lHandle, DWORD *pdw) PURE;
    STDMETHOD(WriteDWORD)(THIS_ LONG lHandle, DWORD dw) PURE;
    STDMETHOD(ReadQWORD)(THIS_ LONG lHandle, UINT64 *pqw) PURE;
    STDMETHOD(WriteQWORD)(THIS_ LONG lHandle, UINT64 pw) PURE;
    STDMETHOD(GetPropertyInfoByHandle)(THIS_ LONG lHandle, BSTR *pstrName, CIMTYPE *pType) PURE;
    STDMETHOD(Lock)(THIS_ LONG lFlags) PURE;
    STDMETHOD(Unlock)(THIS_ LONG lFlags) PURE;
};
TRIREME_INTERFACE_ID(IWbemObjectAccess, 0x49353C9A, 0x516B, 0x11D1, 0xAE, 0xA6, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);

#ifdef TRIREME_COBJMACROS
#define IWbemObjectAccess_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemObjectAccess_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemObjectAccess_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemObjectAccess_GetQualifierSet(This, ppQualSet) ((This)->lpVtbl->GetQualifierSet(This, ppQualSet))
#define IWbemObjectAccess_Get(This, wszName, lFlags, pVal, pType, plFlavor) \
    ((This)->lpVtbl->Get(This, wszName, lFlags, pVal, pType, plFlavor))
#define IWbemObjectAccess_Put(This, wszName, lFlags, pVal, Type) \
    ((This)->lpVtbl->Put(This, wszName, lFlags, pVal, Type))
#define IWbemObjectAccess_Delete(This, wszName) ((This)->lpVtbl->Delete(This, wszName))
#define IWbemObjectAccess_GetNames(This, wszQualifierName, lFlags, pQualifierVal, pNames) \
    ((This)->lpVtbl->GetNames(This, wszQualifierName, lFlags, pQualifierVal, pNames))
#define IWbemObjectAccess_BeginEnumeration(This, lEnumFlags) ((This)->lpVtbl->BeginEnumeration(This, lEnumFlags))
#define IWbemObjectAccess_Next(This, lFlags, strName, pVal, pType, plFlavor) \
    ((This)->lpVtbl->Next(This, lFlags, strName, pVal, pType, plFlavor))
#define IWbemObjectAccess_EndEnumeration(This) ((This)->lpVtbl->EndEnumeration(This))
#define IWbemObjectAccess_GetPropertyQualifierSet(This, wszProperty, ppQualSet) \
    ((This)->lpVtbl->GetPropertyQualifierSet(This, wszProperty, ppQualSet))
#define IWbemObjectAccess_Clone(This, ppCopy) ((This)->lpVtbl->Clone(This, ppCopy))
#define IWbemObjectAccess_GetObjectText(This, lFlags, pstrObjectText) \
    ((This)->lpVtbl->GetObjectText(This, lFlags, pstrObjectText))
#define IWbemObjectAccess_SpawnDerivedClass(This, lFlags, ppNewClass) \
    ((This)->lpVtbl->SpawnDerivedClass(This, lFlags, ppNewClass))
#define IWbemObjectAccess_SpawnInstance(This, lFlags, ppNewInstance) \
    ((This)->lpVtbl->SpawnInstance(This, lFlags, ppNewInstance))
#define IWbemObjectAccess_CompareTo(This, lFlags, pCompareTo) ((This)->lpVtbl->CompareTo(This, lFlags, pCompareTo))
#define IWbemObjectAccess_GetPropertyOrigin(This, wszName, pstrClassName) \
    ((This)->lpVtbl->GetPropertyOrigin(This, wszName, pstrClassName))
#define IWbemObjectAccess_InheritsFrom(This, strAncestor) ((This)->lpVtbl->InheritsFrom(This, strAncestor))
#define IWbemObjectAccess_GetMethod(This, wszName, lFlags, ppInSignature, ppOutSignature) \
    ((This)->lpVtbl->GetMethod(This, wszName, lFlags, ppInSignature, ppOutSignature))
#define IWbemObjectAccess_PutMethod(This, wszName, lFlags, pInSignature, pOutSignature) \
    ((This)->lpVtbl->PutMethod(This, wszName, lFlags, pInSignature, pOutSignature))
#define IWbemObjectAccess_DeleteMethod(This, wszName) ((This)->lpVtbl->DeleteMethod(This, wszName))
#define IWbemObjectAccess_BeginMethodEnumeration(This, lEnumFlags) \
    ((This)->lpVtbl->BeginMethodEnumeration(This, lEnumFlags))
#define IWbemObjectAccess_NextMethod(This, lFlags, pstrName, ppInSignature, ppOutSignature) \
    ((This)->lpVtbl->NextMethod(This, lFlags, pstrName, ppInSignature, ppOutSignature))
#define IWbemObjectAccess_EndMethodEnumeration(This) ((This)->lpVtbl->EndMethodEnumeration(This))
#define IWbemObjectAccess_GetMethodQualifierSet(This, wszMethod, ppQualSet) \
    ((This)->lpVtbl->GetMethodQualifierSet(This, wszMethod, ppQualSet))
#define IWbemObjectAccess_GetMethodOrigin(This, wszMethodName, pstrClassName) \
    ((This)->lpVtbl->GetMethodOrigin(This, wszMethodName, pstrClassName))
#define IWbemObjectAccess_GetPropertyHandle(This, wszPropertyName, pType, plHandle) \
    ((This)->lpVtbl->GetPropertyHandle(This, wszPropertyName, pType, plHandle))
#define IWbemObjectAccess_WritePropertyValue(This, lHandle, lNumBytes, aData) \
    ((This)->lpVtbl->WritePropertyValue(This, lHandle, lNumBytes, aData))
#define IWbemObjectAccess_ReadPropertyValue(This, lHandle, lBufferSize, plNumBytes, aData) \
    ((This)->lpVtbl->ReadPropertyValue(This, lHandle, lBufferSize, plNumBytes, aData))
#define IWbemObjectAccess_ReadDWORD(This, lHandle, pdw) ((This)->lpVtbl->ReadDWORD(This, lHandle, pdw))
#define IWbemObjectAccess_WriteDWORD(This, lHandle, dw) ((This)->lpVtbl->WriteDWORD(This, lHandle, dw))
#define IWbemObjectAccess_ReadQWORD(This, lHandle, pqw) ((This)->lpVtbl->ReadQWORD(This, lHandle, pqw))
#define IWbemObjectAccess_WriteQWORD(This, lHandle, pw) ((This)->lpVtbl->WriteQWORD(This, lHandle, pw))
#define IWbemObjectAccess_GetPropertyInfoByHandle(This, lHandle, pstrName, pType) \
    ((This)->lpVtbl->GetPropertyInfoByHandle(This, lHandle, pstrName, pType))
#define IWbemObjectAccess_Lock(This, lFlags) ((This)->lpVtbl->Lock(This, lFlags))
#define IWbemObjectAccess_Unlock(This, lFlags) ((This)->lpVtbl->Unlock(This, lFlags))
#endif

/* Tells a component that it ends; for providers on Windows.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemshutdown */
#undef INTERFACE
#define INTERFACE IWbemShutdown
DECLARE_INTERFACE_(IWbemShutdown, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(Shutdown)(THIS_ LONG uReason, ULONG uMaxMilliseconds, IWbemContext *pCtx) PURE;
};
TRIREME_INTERFACE_ID(IWbemShutdown, 0xB7B31DF9, 0xD515, 0x11D3, 0xA1, 0x1C, 0x00, 0x10, 0x5A, 0x1F, 0x51, 0x5A);

#ifdef TRIREME_COBJMACROS
#define IWbemShutdown_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemShutdown_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemShutdown_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemShutdown_Shutdown(This, uReason, uMaxMilliseconds, pCtx) \
    ((This)->lpVtbl->Shutdown(This, uReason, uMaxMilliseconds, pCtx))
#endif

/* Wraps a client's object so that the service may call it. Nothing needs that here: the stub is the object itself.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iunsecuredapartment */
#undef INTERFACE
#define INTERFACE IUnsecuredApartment
DECLARE_INTERFACE_(IUnsecuredApartment, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(CreateObjectStub)(THIS_ IUnknown *pObject, IUnknown **ppStub) PURE;
};
TRIREME_INTERFACE_ID(IUnsecuredApartment, 0x1CFABA8C, 0x1523, 0x11D1, 0xAD, 0x79, 0x00, 0xC0, 0x4F, 0xD8, 0xFD, 0xFF);

#ifdef TRIREME_COBJMACROS
#define IUnsecuredApartment_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IUnsecuredApartment_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IUnsecuredApartment_Release(This) ((This)->lpVtbl->Release(This))
#define IUnsecuredApartment_CreateObjectStub(This, pObject, ppStub) \
    ((This)->lpVtbl->CreateObjectStub(This, pObject, ppStub))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemunsecuredapartment */
#undef INTERFACE
#define INTERFACE IWbemUnsecuredApartment
DECLARE_INTERFACE_(IWbemUnsecuredApartment, IUnsecuredApartment)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    STDMETHOD(CreateObjectStub)(THIS_ IUnknown *pObject, IUnknown **ppStub) PURE;
    STDMETHOD(CreateSinkStub)(THIS_ IWbemObjectSink *pSink, DWORD dwFlags, LPCWSTR wszReserved,
                              IWbemObjectSink **ppStub) PURE;
};
TRIREME_INTERFACE_ID(IWbemUnsecuredApartment, 0x31739D04, 0x3471, 0x4CF4, 0x9A, 0x7C, 0x57, 0xA4, 0x4A, 0xE7, 0x19,
                     0x56);

#ifdef TRIREME_COBJMACROS
#define IWbemUnsecuredApartment_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemUnsecuredApartment_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemUnsecuredApartment_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemUnsecuredApartment_CreateObjectStub(This, pObject, ppStub) \
    ((This)->lpVtbl->CreateObjectStub(This, pObject, ppStub))
#define IWbemUnsecuredApartment_CreateSinkStub(This, pSink, dwFlags, wszReserved, ppStub) \
    ((This)->lpVtbl->CreateSinkStub(This, pSink, dwFlags, wszReserved, ppStub))
#endif

/* Copies of the repository. Here it is one file: see README.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbembackuprestore */
#undef INTERFACE
#define INTERFACE IWbemBackupRestore
DECLARE_INTERFACE_(IWbemBackupRestore, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(Backup)(THIS_ LPCWSTR strBackupToFile, LONG lFlags) PURE;
    STDMETHOD(Restore)(THIS_ LPCWSTR strRestoreFromFile, LONG lFlags) PURE;
};
TRIREME_INTERFACE_ID(IWbemBackupRestore, 0xC49E32C7, 0xBC8B, 0x11D2, 0x85, 0xD4, 0x00, 0x10, 0x5A, 0x1F, 0x83, 0x04);

#ifdef TRIREME_COBJMACROS
#define IWbemBackupRestore_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemBackupRestore_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemBackupRestore_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemBackupRestore_Backup(This, strBackupToFile, lFlags) ((This)->lpVtbl->Backup(This, strBackupToFile, lFlags))
#define IWbemBackupRestore_Restore(This, strRestoreFromFile, lFlags) \
    ((This)->lpVtbl->Restore(This, strRestoreFromFile, lFlags))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbembackuprestoreex */
#undef INTERFACE
#define INTERFACE IWbemBackupRestoreEx
DECLARE_INTERFACE_(IWbemBackupRestoreEx, IWbemBackupRestore)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    STDMETHOD(Backup)(THIS_ LPCWSTR strBackupToFile, LONG lFlags) PURE;
    STDMETHOD(Restore)(THIS_ LPCWSTR strRestoreFromFile, LONG lFlags) PURE;
    STDMETHOD(Pause)(THIS) PURE;
    STDMETHOD(Resume)(THIS) PURE;
};
TRIREME_INTERFACE_ID(IWbemBackupRestoreEx, 0xA359DEC5, 0xE813, 0x4834, 0x8A, 0x2A, 0xBA, 0x7F, 0x1D, 0x77, 0x7D, 0x76);

#ifdef TRIREME_COBJMACROS
#define IWbemBackupRestoreEx_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemBackupRestoreEx_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemBackupRestoreEx_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemBackupRestoreEx_Backup(This, strBackupToFile, lFlags) \
    ((This)->lpVtbl->Backup(This, strBackupToFile, lFlags))
#define IWbemBackupRestoreEx_Restore(This, strRestoreFromFile, lFlags) \
    ((This)->lpVtbl->Restore(This, strRestoreFromFile, lFlags))
#define IWbemBackupRestoreEx_Pause(This) ((This)->lpVtbl->Pause(This))
#define IWbemBackupRestoreEx_Resume(This) ((This)->lpVtbl->Resume(This))
#endif

/* Objects that are brought up to date again and again.
 * Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemrefresher */
#undef INTERFACE
#define INTERFACE IWbemRefresher
DECLARE_INTERFACE_(IWbemRefresher, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(Refresh)(THIS_ LONG lFlags) PURE;
};
TRIREME_INTERFACE_ID(IWbemRefresher, 0x49353C99, 0x516B, 0x11D1, 0xAE, 0xA6, 0x00, 0xC0, 0x4F, 0xB6, 0x88, 0x20);

#ifdef TRIREME_COBJMACROS
#define IWbemRefresher_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemRefresher_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemRefresher_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemRefresher_Refresh(This, lFlags) ((This)->lpVtbl->Refresh(This, lFlags))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemhiperfenum */
#undef INTERFACE
#define INTERFACE IWbemHiPerfEnum
DECLARE_INTERFACE_(IWbemHiPerfEnum, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(AddObjects)(THIS_ LONG lFlags, ULONG uNumObjects, LONG *apIds, IWbemObjectAccess **apObj) PURE;
    STDMETHOD(RemoveObjects)(THIS_ LONG lFlags, ULONG uNumObjects, LONG *apIds) PURE;
    STDMETHOD(GetObjects)(THIS_ LONG lFlags, ULONG uNumObjects, IWbemObjectAccess **apObj, ULONG *puReturned) PURE;
    STDMETHOD(RemoveAll)(THIS_ LONG lFlags) PURE;
};
TRIREME_INTERFACE_ID(IWbemHiPerfEnum, 0x2705C288, 0x79AE, 0x11D2, 0xB3, 0x48, 0x00, 0x10, 0x5A, 0x1F, 0x81, 0x77);

#ifdef TRIREME_COBJMACROS
#define IWbemHiPerfEnum_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemHiPerfEnum_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemHiPerfEnum_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemHiPerfEnum_AddObjects(This, lFlags, uNumObjects, apIds, apObj) \
    ((This)->lpVtbl->AddObjects(This, lFlags, uNumObjects, apIds, apObj))
#define IWbemHiPerfEnum_RemoveObjects(This, lFlags, uNumObjects, apIds) \
    ((This)->lpVtbl->RemoveObjects(This, lFlags, uNumObjects, apIds))
#define IWbemHiPerfEnum_GetObjects(This, lFlags, uNumObjects, apObj, puReturned) \
    ((This)->lpVtbl->GetObjects(This, lFlags, uNumObjects, apObj, puReturned))
#define IWbemHiPerfEnum_RemoveAll(This, lFlags) ((This)->lpVtbl->RemoveAll(This, lFlags))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/wbemcli/nn-wbemcli-iwbemconfigurerefresher */
#undef INTERFACE
#define INTERFACE IWbemConfigureRefresher
DECLARE_INTERFACE_(IWbemConfigureRefresher, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(AddObjectByPath)(THIS_ IWbemServices *pNamespace, LPCWSTR wszPath, LONG lFlags, IWbemContext *pContext,
                               IWbemClassObject **ppRefreshable, LONG *plId) PURE;
    STDMETHOD(AddObjectByTemplate)(THIS_ IWbemServices *pNamespace, IWbemClassObject *pTemplate, LONG lFlags,
                                   IWbemContext *pContext, IWbemClassObject **ppRefreshable, LONG *plId) PURE;
    STDMETHOD(AddRefresher)(THIS_ IWbemRefresher *pRefresher, LONG lFlags, LONG *plId) PURE;
    STDMETHOD(Remove)(THIS_ LONG lId, LONG lFlags) PURE;
    STDMETHOD(AddEnum)(THIS_ IWbemServices *pNamespace, LPCWSTR wszClassName, LONG lFlags, IWbemContext *pContext,
                       IWbemHiPerfEnum **ppEnum, LONG *plId) PURE;
};
TRIREME_INTERFACE_ID(IWbemConfigureRefresher, 0x49353C92, 0x516B, 0x11D1, 0xAE, 0xA6, 0x00, 0xC0, 0x4F, 0xB6, 0x88,
                     0x20);

#ifdef TRIREME_COBJMACROS
#define IWbemConfigureRefresher_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWbemConfigureRefresher_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWbemConfigureRefresher_Release(This) ((This)->lpVtbl->Release(This))
#define IWbemConfigureRefresher_AddObjectByPath(This, pNamespace, wszPath, lFlags, pContext, ppRefreshable, plId) \
    ((This)->lpVtbl->AddObjectByPath(This, pNamespace, wszPath, lFlags, pContext, ppRefreshable, plId))
#define IWbemConfigureRefresher_AddObjectByTemplate(This, pNamespace, pTemplate, lFlags, pContext, ppRefreshable, \
                                                    plId)                                                         \
    ((This)->lpVtbl->AddObjectByTemplate(This, pNamespace, pTemplate, lFlags, pContext, ppRefreshable, plId))
#define IWbemConfigureRefresher_AddRefresher(This, pRefresher, lFlags, plId) \
    ((This)->lpVtbl->AddRefresher(This, pRefresher, lFlags, plId))
#define IWbemConfigureRefresher_Remove(This, lId, lFlags) ((This)->lpVtbl->Remove(This, lId, lFlags))
#define IWbemConfigureRefresher_AddEnum(This, pNamespace, wszClassName, lFlags, pContext, ppEnum, plId) \
    ((This)->lpVtbl->AddEnum(This, pNamespace, wszClassName, lFlags, pContext, ppEnum, plId))
#endif

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
