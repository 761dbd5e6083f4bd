#include "CLinux.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(sizeof(CLinux_Segment) == sizeof(struct iovec), "CLinux_Segment is an iovec");
_Static_assert((int)CLinux_readable == (int)EPOLLIN && (int)CLinux_writable == (int)EPOLLOUT,
               "epoll's bits");
_Static_assert((int)CLinux_error == (int)EPOLLERR && (int)CLinux_hangup == (int)EPOLLHUP,
               "epoll's bits");
_Static_assert((int)CLinux_peerClosed == (int)EPOLLRDHUP, "epoll's bits");

union Any {
  struct sockaddr any;
  struct sockaddr_in ip4;
  struct sockaddr_in6 ip6;
  struct sockaddr_un path;
};

static socklen_t encode(const CLinux_Address *from, union Any *to) {
  memset(to, 0, sizeof *to);
  to->any.sa_family = from->family;
  switch (from->family) {
  case AF_INET:
    to->ip4.sin_port = htons(from->port);
    memcpy(&to->ip4.sin_addr, from->bytes, 4);
    return sizeof to->ip4;
  case AF_INET6:
    to->ip6.sin6_port = htons(from->port);
    to->ip6.sin6_scope_id = from->scope;
    memcpy(&to->ip6.sin6_addr, from->bytes, 16);
    return sizeof to->ip6;
  case AF_UNIX:
    memcpy(to->path.sun_path, from->bytes, sizeof to->path.sun_path - 1);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(to->path.sun_path) + 1);
  default:
    return 0;
  }
}

static void decode(const union Any *from, CLinux_Address *to) {
  memset(to, 0, sizeof *to);
  to->family = from->any.sa_family;
  switch (from->any.sa_family) {
  case AF_INET:
    to->port = ntohs(from->ip4.sin_port);
    memcpy(to->bytes, &from->ip4.sin_addr, 4);
    break;
  case AF_INET6:
    to->port = ntohs(from->ip6.sin6_port);
    to->scope = from->ip6.sin6_scope_id;
    memcpy(to->bytes, &from->ip6.sin6_addr, 16);
    break;
  case AF_UNIX:
    memcpy(to->bytes, from->path.sun_path, sizeof to->bytes - 1);
    break;
  default:
    break;
  }
}

static int32_t closing(int descriptor) {
  int error = errno;
  close(descriptor);
  return -error;
}

static void noDelay(int descriptor, int family) {
  int on = 1;
  if (family != AF_UNIX) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int isSameHost(int descriptor) {
  CLinux_Address here, there;
  if (CLinux_localAddress(descriptor, &here) < 0) return 0;
  if (CLinux_peerAddress(descriptor, &there) < 0) return 0;
  return here.family == there.family && memcmp(here.bytes, there.bytes, sizeof here.bytes) == 0;
}

// What is sent to a peer on this host waits in memory that both then read: as much as the processor's
// cache holds, and not the megabytes that the kernel lets a buffer grow to. The kernel takes it twice.
static void boundBuffer(int descriptor) {
  int most = 512 << 10;
  if (isSameHost(descriptor)) setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
}

int32_t CLinux_listen(const CLinux_Address *address, int32_t backlog) {
  union Any name;
  socklen_t length = encode(address, &name);
  int made = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return -errno;
  int on = 1;
  if (address->family != AF_UNIX) setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->family == AF_INET6) setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(made, &name.any, length) < 0 || listen(made, backlog) < 0) return closing(made);
  return made;
}

int32_t CLinux_accept(int32_t listener) {
  union Any name;
  socklen_t length = sizeof name;
  int accepted = accept4(listener, &name.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) return -errno;
  noDelay(accepted, name.any.sa_family);
  boundBuffer(accepted);
  return accepted;
}

int32_t CLinux_connect(const CLinux_Address *address, const CLinux_Address *local,
                       int32_t *pending) {
  union Any name;
  int made = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return -errno;
  noDelay(made, address->family);
  if (local) {
    int on = 1;
    setsockopt(made, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    socklen_t length = encode(local, &name);
    if (bind(made, &name.any, length) < 0) return closing(made);
  }
  socklen_t length = encode(address, &name);
  *pending = 0;
  if (connect(made, &name.any, length) < 0) {
    if (errno != EINPROGRESS) return closing(made);
    *pending = 1;
  }
  return made;
}

int32_t CLinux_socketError(int32_t socket) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
  return -error;
}

int32_t CLinux_localAddress(int32_t socket, CLinux_Address *address) {
  union Any name = {0};
  socklen_t length = sizeof name;
  if (getsockname(socket, &name.any, &length) < 0) return -errno;
  decode(&name, address);
  return 0;
}

int32_t CLinux_peerAddress(int32_t socket, CLinux_Address *address) {
  union Any name = {0};
  socklen_t length = sizeof name;
  if (getpeername(socket, &name.any, &length) < 0) return -errno;
  decode(&name, address);
  return 0;
}

int32_t CLinux_socketPair(int32_t sockets[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets) < 0 ? -errno
                                                                                         : 0;
}

int64_t CLinux_receive(int32_t socket, const CLinux_Segment *segments, int32_t count) {
  if (count == 1) {
    ssize_t got = recv(socket, segments->base, segments->count, MSG_DONTWAIT);
    return got < 0 ? -errno : got;
  }
  struct msghdr message = {.msg_iov = (struct iovec *)segments, .msg_iovlen = (size_t)count};
  ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT);
  return got < 0 ? -errno : got;
}

int64_t CLinux_send(int32_t socket, const CLinux_Segment *segments, int32_t count) {
  struct msghdr message = {.msg_iov = (struct iovec *)segments, .msg_iovlen = (size_t)count};
  ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

void CLinux_close(int32_t descriptor) {
  close(descriptor);
}

int32_t CLinux_eventCreate(void) {
  int made = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return made < 0 ? -errno : made;
}

void CLinux_eventSignal(int32_t event) {
  uint64_t one = 1;
  ssize_t ignored = write(event, &one, sizeof one);
  (void)ignored;
}

int32_t CLinux_timerCreate(void) {
  int made = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return made < 0 ? -errno : made;
}

int32_t CLinux_timerSet(int32_t timer, uint64_t nanoseconds) {
  struct itimerspec due = {
      .it_value = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)}};
  return timerfd_settime(timer, 0, &due, NULL) < 0 ? -errno : 0;
}

int32_t CLinux_epollCreate(void) {
  int made = epoll_create1(EPOLL_CLOEXEC);
  return made < 0 ? -errno : made;
}

int32_t CLinux_epollAdd(int32_t epoll, int32_t descriptor, uint64_t token) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                              .data.u64 = token};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int32_t CLinux_epollRemove(int32_t epoll, int32_t descriptor) {
  struct epoll_event event = {0};
  return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event) < 0 ? -errno : 0;
}

int32_t CLinux_epollWait(int32_t epoll, CLinux_Event *events, int32_t count, int32_t sleeps) {
  struct epoll_event got[256];
  if (count > 256) count = 256;
  int found = epoll_wait(epoll, got, count, sleeps ? -1 : 0);
  if (found < 0) return -errno;
  for (int at = 0; at < found; at++) {
    events[at].token = got[at].data.u64;
    events[at].mask = got[at].events;
  }
  return found;
}
