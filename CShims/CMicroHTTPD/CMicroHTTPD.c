#include "CMicroHTTPD.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>

struct CMicroHTTPD {
  struct MHD_Daemon *daemon;
  CMicroHTTPD_Handler handler;
  void *context;
};

// More is answered 431 by the library.
static const size_t requestBytesMax = 16384;

static int hasBody(struct MHD_Connection *connection) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length") ||
         MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding");
}

// Called when the headers are read, and again after the body. A reply at the first call leaves the body
// unread and closes the connection; at the second the connection is kept.
static enum MHD_Result answer(void *own, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *body,
                              size_t *bodySize, void **seen) {
  CMicroHTTPD *server = own;
  (void)version;
  (void)body;
  (void)bodySize;
  if (!*seen && !hasBody(connection)) {
    *seen = server;
    return MHD_YES;
  }
  CMicroHTTPD_Request *request = (CMicroHTTPD_Request *)connection;
  return server->handler(server->context, request, method, url) < 0 ? MHD_NO : MHD_YES;
}

int32_t CMicroHTTPD_start(int32_t listener, uint32_t connectionsMax, uint32_t idleSeconds,
                          CMicroHTTPD_Handler handler, void *context, CMicroHTTPD **server) {
  CMicroHTTPD *made = calloc(1, sizeof *made);
  *server = NULL;
  if (!made) return -ENOMEM;
  made->handler = handler;
  made->context = context;
  errno = 0;
  made->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, answer, made,
      MHD_OPTION_LISTEN_SOCKET, (MHD_socket)listener, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned int)connectionsMax, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)idleSeconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, requestBytesMax, MHD_OPTION_END);
  if (!made->daemon) {
    int error = errno ? errno : EIO;
    free(made);
    return -error;
  }
  *server = made;
  return 0;
}

void CMicroHTTPD_stop(CMicroHTTPD *server) {
  if (!server) return;
  MHD_stop_daemon(server->daemon);
  free(server);
}

int32_t CMicroHTTPD_reply(CMicroHTTPD_Request *request, uint32_t status, const char *contentType,
                          const char *allow, const void *bytes, size_t count) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
  if (!response) return -ENOMEM;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, contentType);
  if (allow) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
  enum MHD_Result queued =
      MHD_queue_response((struct MHD_Connection *)request, status, response);
  MHD_destroy_response(response);
  return queued == MHD_YES ? 0 : -EINVAL;
}
