/* Documents in and out. In: UTF-16 text, checked against its schema, becomes a spec of the engine; out: what the engine
 * answers becomes JSON. Inside text is UTF-8 and a document is a json_t; the border is tri_hcs_document_*. */
#ifndef TRI_COMPUTE_HCS_DOCUMENT_H
#define TRI_COMPUTE_HCS_DOCUMENT_H

#include <computecore.h>
#include <jansson.h>

#include "compute/hcs/schema.h"
#include "compute/process.h"
#include "compute/system.h"

/* ---- the border ---- */

/* A parsed and checked document; NULL and "" are "{}". *ret is a new reference. Codes as tri_schema_parse. */
int tri_hcs_document_read(PCWSTR text, const struct tri_schema *schema, json_t **ret, struct tri_error *error);

/* Writes a document for the caller, who frees it with LocalFree. Steals json, NULL meaning that there was no memory for
 * it. -ENOMEM. */
int tri_hcs_document_write(json_t *json, PWSTR *ret);

static inline void tri_json_decrefp(json_t **json)
{
    json_decref(*json);
}
#define TRI_AUTO_JSON __attribute__((cleanup(tri_json_decrefp)))

/* ---- in: each reads a whole document; *ret is the caller's; codes as tri_schema_parse ---- */

/* *ret_detail is for the operation's tag: what tri_hcs_result_error must know to name a place in the document. */
int tri_hcs_read_system(PCWSTR text, struct tri_system_spec **ret, uint32_t *ret_detail, struct tri_error *error);
int tri_hcs_read_process(PCWSTR text, struct tri_process_spec **ret, uint32_t *ret_detail, struct tri_error *error);
int tri_hcs_read_filter(PCWSTR text, struct tri_system_filter **ret, struct tri_error *error);
int tri_hcs_read_save_path(PCWSTR text, char **ret, struct tri_error *error);
int tri_hcs_read_signal(PCWSTR text, int *ret, struct tri_error *error);

static inline void tri_strings_freep(char ***strings)
{
    tri_strings_free(*strings);
}

/* What a modify request asks for. */
enum tri_change_kind { TRI_CHANGE_LIMITS, TRI_CHANGE_MOUNT, TRI_CHANGE_UNMOUNT };
struct tri_change {
    enum tri_change_kind kind;
    struct tri_limits limits;
    struct tri_mount_spec mount; /* unmount: the target only */
};
int tri_hcs_read_change(PCWSTR text, struct tri_change *ret, struct tri_error *error);
void tri_change_clear(struct tri_change *change);

/* What a process modify request asks for. */
struct tri_process_change {
    unsigned streams; /* to close: 1 in, 2 out, 4 err; 0: a console size */
    uint16_t rows, columns;
};
int tri_hcs_read_process_change(PCWSTR text, struct tri_process_change *ret, struct tri_error *error);

/* Where a process's command stands: the detail of HcsCreateProcess. That of a system's creation is the number of mapped
 * directories, which come before the pipes among the mounts. */
enum tri_hcs_command { TRI_HCS_COMMAND_ARGS, TRI_HCS_COMMAND_LINE, TRI_HCS_COMMAND_PROGRAM, TRI_HCS_COMMAND_OCI };

/* ---- queries: the properties that were asked for, as flags that fit into an operation's tag ---- */

/* *ret_unknown: the names that no property here has, NULL-ended, the caller's; each is answered for itself. */
int tri_hcs_read_property_query(PCWSTR text, uint32_t *ret_asked, char ***ret_unknown, struct tri_error *error);
unsigned tri_hcs_engine_queries(uint32_t asked); /* TRI_QUERY_* */

/* ---- out: new references, NULL without memory ---- */

json_t *tri_hcs_properties(const struct tri_system_info *info, uint32_t asked);
json_t *tri_hcs_property_list(const struct tri_system_list *list);
json_t *tri_hcs_system_exit(const struct tri_system_exit *exit);
json_t *tri_hcs_process_status(const struct tri_process_status *status);
json_t *tri_hcs_result_error(const struct tri_op_tag *tag, int code, const struct tri_error *error);
json_t *tri_hcs_operation_info(const struct tri_op_info *info, const char *system_id);

#endif
