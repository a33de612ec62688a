/* G.711 phones for the media measure: two per call, 50 packets a second each, every packet timed on its way.
 *
 *   rtp_load SECONDS WARM_UP_SECONDS < table      table: one call a line, "LOCAL_A REMOTE_A LOCAL_B REMOTE_B" (UDP ports)
 *
 * A packet carries its call, side and the time of its sending (CLOCK_REALTIME) in the payload, which a relay leaves alone
 * when both legs speak the same codec; the kernel stamps its arrival, so the time that this program takes to read it
 * does not count. Sends are spread evenly over the 20 ms. Prints one JSON object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { PAYLOAD = 160, HEADER = 12, TICK_NS = 250000, FRAME_NS = 20000000, MAGIC = 0x52696e67 };

struct mark { uint32_t magic, leg, counted; uint64_t sent_ns; } __attribute__((packed));
struct leg { int fd; struct sockaddr_in remote; uint16_t sequence; uint32_t timestamp; unsigned sent, received, strays; };

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int open_leg(struct leg *leg, int local, int remote) {
  int on = 1, buffer = 1 << 20;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)local)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  leg->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  setsockopt(leg->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(leg->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (bind(leg->fd, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  leg->remote = address;
  leg->remote.sin_port = htons((uint16_t)remote);
  leg->timestamp = (uint32_t)rand();
  return 0;
}

static void send_packet(struct leg *leg, uint32_t index, uint32_t counted) {
  unsigned char packet[HEADER + PAYLOAD];
  struct mark mark = {MAGIC, index, counted, 0};
  uint16_t sequence = htons(leg->sequence++);
  uint32_t timestamp = htonl(leg->timestamp), ssrc = htonl(0x10000 + index);
  memset(packet, 0xff, sizeof packet);
  packet[0] = 0x80;
  packet[1] = 0;
  memcpy(packet + 2, &sequence, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &ssrc, 4);
  leg->timestamp += PAYLOAD;
  leg->sent += counted;
  mark.sent_ns = now_ns();
  memcpy(packet + HEADER, &mark, sizeof mark);
  sendto(leg->fd, packet, sizeof packet, 0, (struct sockaddr *)&leg->remote, sizeof leg->remote);
}

static uint32_t *latencies; /* microseconds */
static size_t latency_count, latency_room;

static void read_packets(struct leg *legs, uint32_t index) {
  struct leg *leg = legs + index;
  for (;;) {
    unsigned char packet[2048];
    char control[128];
    struct iovec io = {packet, sizeof packet};
    struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(leg->fd, &message, 0);
    if (length < 0) return;
    struct mark mark;
    if (length < (ssize_t)(HEADER + sizeof mark)) continue;
    memcpy(&mark, packet + HEADER, sizeof mark);
    if (mark.magic != MAGIC) continue; /* RTCP, tones, comfort noise */
    if (mark.leg != (index ^ 1u)) { leg->strays++; continue; }
    if (!mark.counted) continue;
    leg->received++;
    uint64_t arrived = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
        struct timespec t;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        arrived = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
      }
    if (arrived > mark.sent_ns && latency_count < latency_room)
      latencies[latency_count++] = (uint32_t)((arrived - mark.sent_ns) / 1000);
  }
}

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static double percentile_ms(double share) {
  return latency_count ? latencies[(size_t)((double)(latency_count - 1) * share)] / 1000.0 : 0.0;
}

static void receive_until(int epoll, struct leg *legs, uint64_t until) {
  struct epoll_event ready[256];
  for (;;) {
    uint64_t now = now_ns();
    struct timespec wait = {0, now < until ? (long)(until - now) : 0};
    int count = epoll_pwait2(epoll, ready, 256, &wait, NULL);
    for (int i = 0; i < count; i++) read_packets(legs, ready[i].data.u32);
    if (now >= until) return;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  double seconds = atof(argv[1]), warm_up = atof(argv[2]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  struct sched_param priority = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_RR, &priority); /* may be refused: the figures are then less sharp */

  size_t count = 0, room = 0;
  struct leg *legs = NULL;
  int local_a, remote_a, local_b, remote_b, epoll = epoll_create1(0);
  while (scanf("%d %d %d %d", &local_a, &remote_a, &local_b, &remote_b) == 4) {
    if (count + 2 > room) legs = realloc(legs, (room = room * 2 + 64) * sizeof *legs);
    memset(legs + count, 0, 2 * sizeof *legs);
    if (open_leg(legs + count, local_a, remote_a) || open_leg(legs + count + 1, local_b, remote_b)) {
      fprintf(stderr, "rtp_load: cannot bind port %d or %d: %s\n", local_a, local_b, strerror(errno));
      return 1;
    }
    for (uint32_t i = (uint32_t)count; i < count + 2; i++) {
      struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
      epoll_ctl(epoll, EPOLL_CTL_ADD, legs[i].fd, &event);
    }
    count += 2;
  }
  if (count == 0) return 1;
  latency_room = (size_t)((double)count * 50 * (seconds + 1));
  latencies = malloc(latency_room * sizeof *latencies);

  uint64_t start = now_ns(), end = start + (uint64_t)((seconds + warm_up) * 1e9);
  uint64_t counted_from = start + (uint64_t)(warm_up * 1e9), sends = 0, late_ns = 0;
  for (uint64_t tick = start; tick < end; tick += TICK_NS) {
    uint64_t now = now_ns();
    if (now > tick && now - tick > late_ns) late_ns = now - tick;
    for (; start + sends * FRAME_NS / count <= tick; sends++) {
      uint32_t index = (uint32_t)(sends % count);
      send_packet(legs + index, index, tick >= counted_from);
    }
    receive_until(epoll, legs, tick + TICK_NS);
  }
  receive_until(epoll, legs, now_ns() + 500000000u);

  unsigned long sent = 0, received = 0, strays = 0, deaf = 0;
  for (size_t i = 0; i < count; i++) {
    sent += legs[i].sent;
    received += legs[i].received;
    strays += legs[i].strays;
    deaf += legs[i].received == 0;
  }
  qsort(latencies, latency_count, sizeof *latencies, ascending);
  printf("{\"calls\": %zu, \"sent\": %lu, \"received\": %lu, \"strays\": %lu, \"deaf_legs\": %lu, \"p50_ms\": %.3f, "
         "\"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f, \"worst_send_lag_ms\": %.3f}\n",
         count / 2, sent, received, strays, deaf, percentile_ms(0.5), percentile_ms(0.99), percentile_ms(0.999),
         percentile_ms(1.0), (double)late_ns / 1e6);
  return 0;
}
