/* What the files of Win32_Service share: services, as systemd knows them. */
#ifndef TRI_MANAGEMENT_PROVIDERS_SERVICE_H
#define TRI_MANAGEMENT_PROVIDERS_SERVICE_H

#include "management/provider.h"
#include "management/providers/systemd.h"

/* What only the service itself says, not its unit: asked for one by one, for all that systemd can say of a service is
 * much. */
enum tri_service_part {
    TRI_SERVICE_PID,
    TRI_SERVICE_USER,
    TRI_SERVICE_RESULT,
    TRI_SERVICE_EXIT,
    TRI_SERVICE_PROGRAM,
    TRI_SERVICE_PARTS
};

/* One service. What was listed is there from the start; all else is asked for when it is first wanted, and is NULL or
 * zero where systemd does not answer. Texts belong to the answers. */
struct tri_service {
    struct tri_systemd *systemd;
    const char *id;  /* "ssh.service" */
    char *path;      /* of its object; owned */
    bool is_listed;  /* of a list: it may not even be loaded (active NULL) */
    bool wants_unit; /* it will be asked for in any case */
    bool tried_unit;
    unsigned tried_parts; /* a bit each */
    /* of its unit */
    const char *load, *active, *freezer, *description, *file_state;
    bool can_stop;
    /* of the service itself */
    const char *user, *result, *program; /* program: the command line, owned */
    uint32_t main_pid;
    int32_t exit_status;
    sd_bus_message *unit_answer, *freezer_answer, *part_answers[TRI_SERVICE_PARTS];
};

/* Reads one, by id. TRI_MANAGEMENT_NOT_FOUND (without words); a code with *error filled. */
int tri_service_read(struct tri_systemd *systemd, const char *id, struct tri_service *ret, struct tri_error *error);
void tri_service_clear(struct tri_service *service); /* zeroed is fine */
#define TRI_AUTO_SERVICE __attribute__((cleanup(tri_service_clear)))

/* Asks for what a list does not say; once. */
void tri_service_need_unit(struct tri_service *service);
void tri_service_need(struct tri_service *service, enum tri_service_part part);
const char *
tri_service_freezer(struct tri_service *service); /* "running", "frozen", ...; NULL: not known, or not active */
bool tri_service_is_active(const struct tri_service *service);

/* Every service, loaded or not. visit returns 0 to go on. */
typedef int tri_service_visit(void *context, struct tri_service *service);
int tri_services_list(struct tri_systemd *systemd, tri_service_visit *visit, void *context, struct tri_error *error);

/* The services among the units that these properties (ended by NULL) of a unit name, each once:
 * tri_systemd_texts_free. */
int tri_service_related(struct tri_systemd *systemd, const char *id, const char *const *properties, char ***ret,
                        struct tri_error *error);

/* "ssh.service" of "ssh", and back. false: it is none. */
#define TRI_SERVICE_SUFFIX ".service"
#define TRI_SERVICE_ID_SIZE 300
bool tri_service_id(const char *name, char ret[TRI_SERVICE_ID_SIZE]);
bool tri_service_name(const char *id, char ret[TRI_SERVICE_ID_SIZE]);

#define TRI_SERVICE_METHOD_COUNT 7
extern const struct tri_provided_method tri_service_methods[TRI_SERVICE_METHOD_COUNT];

#endif
