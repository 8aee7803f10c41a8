/* What the files behind system.c, firmware.c and account.c give each other. */
#ifndef TRI_MANAGEMENT_PROVIDERS_SYSTEM_H
#define TRI_MANAGEMENT_PROVIDERS_SYSTEM_H

#include "management/provider.h"

extern const struct tri_provided_class tri_provided_operating_system, tri_provided_system_operating_system; /* operating-system.c */
extern const struct tri_provided_class tri_provided_computer_system, tri_provided_computer_system_product; /* computer-system.c */
extern const struct tri_provided_class tri_provided_processor, tri_provided_cache_memory, tri_provided_computer_system_processor,
    tri_provided_associated_processor_memory; /* processor.c */

/* ---- system.c: environments, as lists of NAME=value that are each ended by a NUL; both change the text in its place ---- */

/* The list that a text like /etc/environment makes; its size. */
size_t tri_environment_of_file(char *text);
/* Leaves what is no assignment out, and all but the first of each name, which is the one that programs find; the size
 * that is left. */
size_t tri_environment_settle(char *list, size_t size);

/* ---- power.c: methods of Win32_OperatingSystem ---- */

int tri_run_reboot(const struct tri_invocation *invocation, struct tri_error *error);
int tri_run_shutdown(const struct tri_invocation *invocation, struct tri_error *error);
int tri_run_win32_shutdown(const struct tri_invocation *invocation, struct tri_error *error);
int tri_run_set_date_time(const struct tri_invocation *invocation, struct tri_error *error);

#endif
