/*
 * Answers pluto in place of the kernel's IPsec (netlink XFRM), where a kernel has no ESP: every SA and policy is taken, nothing is ever sealed or opened. Loaded
 * by LD_PRELOAD. EDGEVPN_XFRM_LOG names a file that gets one line for each SA:
 *
 *   sa SOURCE DESTINATION SPI [esn] cipher NAME KEY [integrity NAME KEY]     addresses as text, SPI and keys in hexadecimal, names as the kernel has them
 *   gone SPI
 *
 * A netlink socket becomes one end of a pair of datagram sockets; what is written to it is answered at once into the other end, so that polling works as before.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_SOCKETS = 1024 };
static int other_end[MAX_SOCKETS];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_ours(int fd) { return fd >= 0 && fd < MAX_SOCKETS && other_end[fd] > 0; }

static FILE *journal(void) {
  static FILE *file;
  const char *name = getenv("EDGEVPN_XFRM_LOG");
  if (!file && name && (file = fopen(name, "a"))) setvbuf(file, NULL, _IOLBF, 0);
  return file;
}

static void print_key(FILE *to, const char *kind, const char *name, const char *key, unsigned bits) {
  fprintf(to, " %s %s ", kind, name);
  for (unsigned i = 0; i < bits / 8; i++) fprintf(to, "%02x", (unsigned char)key[i]);
}

static void print_sa(const struct nlmsghdr *request) {
  FILE *to = journal();
  const struct xfrm_usersa_info *sa = NLMSG_DATA(request);
  const char *at = (const char *)sa + NLMSG_ALIGN(sizeof *sa), *end = (const char *)request + request->nlmsg_len;
  char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
  if (!to) return;
  inet_ntop(sa->family, &sa->saddr, source, sizeof source);
  inet_ntop(sa->family, &sa->id.daddr, destination, sizeof destination);
  fprintf(to, "sa %s %s %08x%s", source, destination, ntohl(sa->id.spi), sa->flags & XFRM_STATE_ESN ? " esn" : "");
  while (at + NLA_HDRLEN <= end) {
    const struct nlattr *attribute = (const void *)at;
    const void *value = at + NLA_HDRLEN;
    const struct xfrm_algo_aead *aead = value;
    const struct xfrm_algo *cipher = value;
    const struct xfrm_algo_auth *integrity = value;
    if (attribute->nla_type == XFRMA_ALG_AEAD) print_key(to, "cipher", aead->alg_name, aead->alg_key, aead->alg_key_len);
    if (attribute->nla_type == XFRMA_ALG_CRYPT) print_key(to, "cipher", cipher->alg_name, cipher->alg_key, cipher->alg_key_len);
    if (attribute->nla_type == XFRMA_ALG_AUTH_TRUNC) print_key(to, "integrity", integrity->alg_name, integrity->alg_key, integrity->alg_key_len);
    at += NLA_ALIGN(attribute->nla_len > NLA_HDRLEN ? attribute->nla_len : NLA_HDRLEN);
  }
  fputc('\n', to);
}

static void reply(int fd, const void *message, size_t length) { (void)!REAL(write)(other_end[fd], message, length); }

/* As the kernel acknowledges: an error of zero. */
static void acknowledge(int fd, const struct nlmsghdr *request) {
  struct { struct nlmsghdr head; struct nlmsgerr body; } answer = {
    { sizeof answer, NLMSG_ERROR, 0, request->nlmsg_seq, (unsigned)getpid() }, { 0, *request } };
  reply(fd, &answer, sizeof answer);
}

static void give_sa(int fd, const struct nlmsghdr *request, const struct xfrm_usersa_info *sa) {
  struct { struct nlmsghdr head; struct xfrm_usersa_info body; } answer = {
    { sizeof answer, XFRM_MSG_NEWSA, 0, request->nlmsg_seq, (unsigned)getpid() }, *sa };
  reply(fd, &answer, sizeof answer);
}

static void serve(int fd, const struct nlmsghdr *request) {
  struct xfrm_usersa_info sa = { 0 };
  switch (request->nlmsg_type) {
    case XFRM_MSG_ALLOCSPI: {
      const struct xfrm_userspi_info *wanted = NLMSG_DATA(request);
      unsigned chance = 0;
      sa = wanted->info;
      (void)!getrandom(&chance, sizeof chance, 0);
      sa.id.spi = htonl(wanted->min + chance % (wanted->max - wanted->min));
      give_sa(fd, request, &sa);
      break;
    }
    case XFRM_MSG_GETSA: { /* with counters of zero: nothing ever came or went */
      const struct xfrm_usersa_id *id = NLMSG_DATA(request);
      sa.id.spi = id->spi; sa.id.daddr = id->daddr; sa.id.proto = id->proto; sa.family = id->family;
      give_sa(fd, request, &sa);
      break;
    }
    case XFRM_MSG_NEWSA:
    case XFRM_MSG_UPDSA:
      print_sa(request);
      acknowledge(fd, request);
      break;
    case XFRM_MSG_DELSA:
      if (journal()) fprintf(journal(), "gone %08x\n", ntohl(((const struct xfrm_usersa_id *)NLMSG_DATA(request))->spi));
      acknowledge(fd, request);
      break;
    default:
      acknowledge(fd, request);
  }
}

int socket(int domain, int type, int protocol) {
  int pair[2];
  if (domain != AF_NETLINK || protocol != NETLINK_XFRM) return REAL(socket)(domain, type, protocol);
  if (socketpair(AF_UNIX, SOCK_DGRAM | (type & (SOCK_CLOEXEC | SOCK_NONBLOCK)), 0, pair) < 0) return -1;
  if (pair[0] >= MAX_SOCKETS) abort();
  other_end[pair[0]] = pair[1];
  return pair[0];
}

int bind(int fd, const struct sockaddr *address, socklen_t length) { return is_ours(fd) ? 0 : REAL(bind)(fd, address, length); }

int setsockopt(int fd, int level, int name, const void *value, socklen_t length) { return is_ours(fd) ? 0 : REAL(setsockopt)(fd, level, name, value, length); }

int close(int fd) {
  if (is_ours(fd)) { REAL(close)(other_end[fd]); other_end[fd] = 0; }
  return REAL(close)(fd);
}

ssize_t write(int fd, const void *octets, size_t length) {
  if (!is_ours(fd)) return REAL(write)(fd, octets, length);
  serve(fd, octets);
  return (ssize_t)length;
}

/* Datagrams of the pair have no sender; the kernel's is port 0. */
ssize_t recvfrom(int fd, void *octets, size_t length, int flags, struct sockaddr *from, socklen_t *from_length) {
  if (!is_ours(fd)) return REAL(recvfrom)(fd, octets, length, flags, from, from_length);
  ssize_t got = REAL(recv)(fd, octets, length, flags);
  if (got >= 0 && from && from_length) {
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    memcpy(from, &kernel, *from_length < sizeof kernel ? *from_length : sizeof kernel);
    *from_length = sizeof kernel;
  }
  return got;
}
