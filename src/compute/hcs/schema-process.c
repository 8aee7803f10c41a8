/* What a client says of processes. */
#include "compute/hcs/schema-tables.h"

static const struct tri_schema_member process_parameters_members[] = {
    TRI_HONOURED("ApplicationName", &tri_schema_string, "the program, in place of the command's first word"),
    TRI_HONOURED("CommandLine", &tri_schema_string, "split by the rules of the Microsoft C runtime; no shell"),
    TRI_HONOURED("CommandArgs", TRI_ARRAY(&tri_schema_string), "argv; wins over CommandLine"),
    TRI_HONOURED("User", &tri_schema_string, "name, uid, name:group or uid:gid of the container; absent: root"),
    TRI_HONOURED("WorkingDirectory", &tri_schema_container_path, "absent: /"),
    TRI_HONOURED("Environment", TRI_MAP(&tri_schema_string), "added to PATH, HOME and TERM"),
    TRI_HONOURED("RestrictedToken", &tri_schema_bool, "no new privileges"),
    TRI_HONOURED("EmulateConsole", &tri_schema_bool, "a terminal, with the ends that CreateStdInPipe and CreateStdOutPipe ask for; errors go there too"),
    TRI_HONOURED("CreateStdInPipe", &tri_schema_bool, "false: /dev/null"),
    TRI_HONOURED("CreateStdOutPipe", &tri_schema_bool, "false: /dev/null"),
    TRI_HONOURED("CreateStdErrPipe", &tri_schema_bool, "false: /dev/null"),
    TRI_HONOURED("ConsoleSize", TRI_PAIR(&tri_schema_u16), "height, then width"),
    TRI_TUNING("UseExistingLogin", &tri_schema_bool, NULL),
    TRI_TUNING("UseLegacyConsole", &tri_schema_bool, NULL),
    TRI_HONOURED("OciProcess", &tri_schema_any_object, "an OCI process object, taken whole"),
    TRI_NOT_IMPLEMENTED("CreateInUtilityVm", &tri_schema_bool, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_process_parameters = TRI_OBJECT("ProcessParameters", process_parameters_members);

static const struct tri_schema_member console_size_members[] = {
    TRI_HONOURED("Height", &tri_schema_u16, "from 1"),
    TRI_HONOURED("Width", &tri_schema_u16, "from 1"),
    TRI_MEMBERS_END,
};
static const struct tri_schema console_size = TRI_OBJECT("ConsoleSize", console_size_members);

static const struct tri_schema_member close_handle_members[] = {
    TRI_REQUIRED("Handle", TRI_ENUM("StdIn", "StdOut", "StdErr", "All"), NULL),
    TRI_MEMBERS_END,
};
static const struct tri_schema close_handle = TRI_OBJECT("CloseHandle", close_handle_members);

static const struct tri_schema_member process_modify_members[] = {
    TRI_REQUIRED("Operation", TRI_ENUM("ConsoleSize", "CloseHandle"), NULL),
    TRI_HONOURED("ConsoleSize", &console_size, NULL),
    TRI_HONOURED("CloseHandle", &close_handle, NULL),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_process_modify = TRI_OBJECT("ProcessModifyRequest", process_modify_members);

static const struct tri_schema_member signal_members[] = {
    TRI_HONOURED("Signal", TRI_ENUM_OR_NUMBER(64, "CtrlC", "CtrlBreak", "CtrlClose", "CtrlLogOff", "CtrlShutdown"),
                 "a name, or a signal number of Linux; 0: SIGKILL; absent: SIGTERM"),
    TRI_MEMBERS_END,
};
const struct tri_schema tri_schema_signal_options = TRI_OBJECT("SignalProcessOptions", signal_members);
