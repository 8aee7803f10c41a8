/* The documents, as tables: what a client sends. */
#ifndef TRI_COMPUTE_HCS_SCHEMA_TABLES_H
#define TRI_COMPUTE_HCS_SCHEMA_TABLES_H

#include "compute/hcs/schema.h"

/* schema-system.c */
extern const struct tri_schema tri_schema_compute_system;
extern const struct tri_schema tri_schema_mapped_directory, tri_schema_mapped_pipe, tri_schema_container_processor;
extern const struct tri_schema tri_schema_mapped_directory_removal, tri_schema_mapped_pipe_removal;

/* schema-process.c */
extern const struct tri_schema tri_schema_process_parameters;
extern const struct tri_schema tri_schema_process_modify;
extern const struct tri_schema tri_schema_signal_options;

/* schema-request.c */
extern const struct tri_schema tri_schema_modify_request;
extern const struct tri_schema tri_schema_start_options, tri_schema_shutdown_options, tri_schema_pause_options;
extern const struct tri_schema tri_schema_save_options, tri_schema_crash_options, tri_schema_no_options;
extern const struct tri_schema tri_schema_migration_initialize, tri_schema_migration_start;
extern const struct tri_schema tri_schema_migration_transfer, tri_schema_migration_finalize;
extern const struct tri_schema tri_schema_system_query, tri_schema_property_query;

/* schema-service.c */
extern const struct tri_schema tri_schema_service_query, tri_schema_service_modification, tri_schema_crash_report;

#endif
