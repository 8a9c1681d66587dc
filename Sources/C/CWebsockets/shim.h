// libwebsockets: the console proxy's WebSocket side.
#pragma once
#include <libwebsockets.h>
#include <netdb.h>

// Swift does not import function-like macros or names defined as other names, and unions only awkwardly.
static inline int cws_padding(void) { return LWS_PRE; }
static inline enum lws_write_protocol cws_write_raw(void) { return LWS_WRITE_RAW; }
static inline struct lws *cws_adopt_raw(struct lws_vhost *vhost, int fd, const char *protocol) {
  lws_sock_file_fd_type descriptor;
  descriptor.sockfd = fd;
  return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_SOCKET, descriptor, protocol, NULL);
}
