#pragma once
#include <stddef.h>
#include <stdint.h>

/// An HTTP/1.1 server with one thread of its own (libmicrohttpd).
typedef struct CMicroHTTPD CMicroHTTPD;
/// A request that waits for its reply.
typedef struct CMicroHTTPD_Request CMicroHTTPD_Request;

/// Called on the server's thread for each request; calls CMicroHTTPD_reply once and returns what that
/// did. Below 0 the connection is closed.
typedef int32_t (*CMicroHTTPD_Handler)(void *context, CMicroHTTPD_Request *request,
                                       const char *method, const char *path);

/// Serves `listener`, a listening socket, which belongs to the server if this succeeds. At most
/// `connectionsMax` connections at once, each closed after `idleSeconds` without a byte. Returns 0 and
/// sets `*server`, or -errno.
int32_t CMicroHTTPD_start(int32_t listener, uint32_t connectionsMax, uint32_t idleSeconds,
                          CMicroHTTPD_Handler handler, void *context, CMicroHTTPD **server);
/// Waits for the thread's end; not to be called on it.
void CMicroHTTPD_stop(CMicroHTTPD *server);

/// Copies `count` bytes. A reply to HEAD has the length alone. `allow` is the header of a 405, or NULL.
int32_t CMicroHTTPD_reply(CMicroHTTPD_Request *request, uint32_t status, const char *contentType,
                          const char *allow, const void *bytes, size_t count);
