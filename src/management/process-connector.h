/* The kernel's own word on processes that start and end: the connector's messages, for root of the host itself. */
#ifndef TRI_MANAGEMENT_PROCESS_CONNECTOR_H
#define TRI_MANAGEMENT_PROCESS_CONNECTOR_H

struct tri_process_note {
    enum { TRI_PROCESS_FORKED, TRI_PROCESS_EXECUTED, TRI_PROCESS_ENDED } what;
    unsigned pid;
    int status; /* of one that ended, as wait tells it */
};

/* A socket that becomes readable; every process that is forked from now on is told. -errno: it is not to be had here
 * (no right to it, or a container, to which the kernel does not talk). */
int tri_process_connector_open(void);

/* 1: a note. 0: none at the moment. -ENOBUFS: some were lost. */
int tri_process_connector_next(int fd, struct tri_process_note *ret);

#endif
