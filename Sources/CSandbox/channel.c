// SPDX-License-Identifier: Apache-2.0
// A stream between two processes that can carry descriptors.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int csandbox_pair(int *ends) {
#if defined(__linux__)
  int raw[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw)) return errno;
  // A host that closed its standard descriptors would get those numbers here.
  ends[0] = fcntl(raw[0], F_DUPFD_CLOEXEC, 10);
  ends[1] = fcntl(raw[1], F_DUPFD_CLOEXEC, 10);
  int code = ends[0] < 0 || ends[1] < 0 ? errno : 0;
  close(raw[0]);
  close(raw[1]);
  if (code && ends[0] >= 0) close(ends[0]);
  if (code && ends[1] >= 0) close(ends[1]);
  return code;
#else
  return ENOTSUP;
#endif
}

int csandbox_send(int channel, const void *bytes, size_t count, const int *descriptors,
                                int descriptor_count) {
#if defined(__linux__)
  const char *place = (const char *)bytes;
  while (count > 0) {
    struct iovec part = {(void *)place, count};
    struct msghdr message;
    union {
      struct cmsghdr header;
      char room[CMSG_SPACE(sizeof(int) * csandbox_most_descriptors)];
    } control;
    memset(&message, 0, sizeof message);
    memset(&control, 0, sizeof control);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor_count > 0 && descriptor_count <= csandbox_most_descriptors) {
      message.msg_control = control.room;
      message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)descriptor_count);
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN(sizeof(int) * (size_t)descriptor_count);
      memcpy(CMSG_DATA(&control.header), descriptors, sizeof(int) * (size_t)descriptor_count);
    }
    ssize_t sent = sendmsg(channel, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return sent < 0 ? errno : EPIPE;
    descriptor_count = 0;
    place += sent;
    count -= (size_t)sent;
  }
  return 0;
#else
  return ENOTSUP;
#endif
}

long csandbox_receive(int channel, void *bytes, size_t count, int *descriptors,
                                       int *received, int waits) {
#if defined(__linux__)
  *received = 0;
  for (;;) {
    struct iovec part = {bytes, count};
    struct msghdr message;
    union {
      struct cmsghdr header;
      char room[CMSG_SPACE(sizeof(int) * csandbox_most_descriptors)];
    } control;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.room;
    message.msg_controllen = sizeof control.room;
    ssize_t got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      int held = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      for (int index = 0; index < held; index++) {
        int descriptor;
        memcpy(&descriptor, CMSG_DATA(header) + sizeof(int) * (size_t)index, sizeof descriptor);
        if (*received < csandbox_most_descriptors) descriptors[(*received)++] = descriptor;
        else close(descriptor);
      }
    }
    return got;
  }
#else
  errno = ENOTSUP;
  return -1;
#endif
}

int csandbox_is_ready(int channel, int milliseconds) {
  struct pollfd look = {channel, POLLIN, 0};
  return poll(&look, 1, milliseconds) > 0;
}
