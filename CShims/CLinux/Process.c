#include "CLinux.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int32_t CLinux_daemonize(void) {
  return daemon(0, 0) == 0 ? 0 : -errno;
}

static int32_t findGroup(const char *name, gid_t *group) {
  char *end;
  const unsigned long number = strtoul(name, &end, 10);
  if (*name && !*end) {
    *group = (gid_t)number;
    return 0;
  }
  const struct group *entry = getgrnam(name);
  if (!entry) return -ENOENT;
  *group = entry->gr_gid;
  return 0;
}

static int32_t findUser(const char *name, uid_t *user, gid_t *group) {
  char *end;
  const unsigned long number = strtoul(name, &end, 10);
  const int isNumber = *name && !*end;
  const struct passwd *entry = isNumber ? getpwuid((uid_t)number) : getpwnam(name);
  if (!entry && !isNumber) return -ENOENT;
  *user = entry ? entry->pw_uid : (uid_t)number;
  if (entry) *group = entry->pw_gid;
  return 0;
}

int32_t CLinux_becomeUser(const char *user, const char *group) {
  uid_t uid = getuid();
  gid_t gid = getgid();
  int32_t found = user ? findUser(user, &uid, &gid) : 0;
  if (!found && group) found = findGroup(group, &gid);
  if (found) return found;
  const struct passwd *entry = getpwuid(uid);
  if (getuid() == 0 && uid != 0 && (entry ? initgroups(entry->pw_name, gid) : setgroups(0, NULL)))
    return -errno;
  if (setgid(gid) || setuid(uid)) return -errno;
  return 0;
}

static void daemonSignals(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGTERM);
  sigaddset(set, SIGINT);
  sigaddset(set, SIGHUP);
}

int32_t CLinux_blockSignals(void) {
  sigset_t set;
  daemonSignals(&set);
  sigaddset(&set, SIGPIPE);
  return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int32_t CLinux_waitSignal(void) {
  sigset_t set;
  daemonSignals(&set);
  for (;;) {
    const int got = sigwaitinfo(&set, NULL);
    if (got >= 0) return got;
    if (errno != EINTR) return -errno;
  }
}
