// libmicrohttpd: Swift imports no variadic functions, so those that Martlet needs are wrapped here.
#pragma once
#include <microhttpd.h>
static inline int cmhd_epoll_fd(struct MHD_Daemon *d) {
  const union MHD_DaemonInfo *i = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD);
  return i ? i->epoll_fd : -1;
}
static inline unsigned cmhd_connections(struct MHD_Daemon *d) {
  const union MHD_DaemonInfo *i = MHD_get_daemon_info(d, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
  return i ? i->num_connections : 0;
}
static inline int cmhd_connection_fd(struct MHD_Connection *c) {
  const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
  return i ? (int)i->connect_fd : -1;
}
static inline const struct sockaddr *cmhd_client_address(struct MHD_Connection *c) {
  const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return i ? i->client_addr : 0;
}
static inline void cmhd_upgrade_close(struct MHD_UpgradeResponseHandle *u) { MHD_upgrade_action(u, MHD_UPGRADE_ACTION_CLOSE); }
static inline size_t cmhd_header_size(struct MHD_Connection *c) {
  const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return i ? i->header_size : 0;
}
