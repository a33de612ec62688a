/* HTTP/1.1 clients that ask as fast as they are answered: one request at a time on each kept-alive connection.
 *
 *   http_load PORT CONNECTIONS SECONDS WARM_UP_SECONDS < requests
 *
 * requests: for each a line "BYTES WORD" and then that many bytes, the whole request. They are sent round and round. An
 * answer is right when its status is 200 and WORD stands in its body. Prints one JSON object; answers before the end of
 * the warm-up count in "all" alone.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 65536, WORD = 64, MOST_CONNECTIONS = 1024 };

struct request { char *bytes; size_t length; char word[WORD]; };
struct client { int fd; size_t filled; const struct request *asked; uint64_t sent_ns; char answer[ROOM + 1]; };

static struct request *requests;
static size_t request_count, next_request;
static uint32_t *latencies; /* microseconds */
static size_t latency_count, latency_room;
static unsigned long right, wrong, all;
static char first_wrong[300];

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void read_requests(void) {
  size_t room = 0, length;
  char word[WORD];
  while (scanf("%zu %63[^\n]", &length, word) == 2) {
    if (getchar() != '\n') fail("no line break before a request");
    if (request_count == room) requests = realloc(requests, (room = room * 2 + 64) * sizeof *requests);
    struct request *one = requests + request_count++;
    one->bytes = malloc(length);
    one->length = length;
    strcpy(one->word, word);
    if (fread(one->bytes, 1, length, stdin) != length) fail("a request is cut short");
  }
  if (request_count == 0) fail("no requests");
}

static void ask(struct client *client) {
  client->asked = requests + next_request++ % request_count;
  client->filled = 0;
  client->sent_ns = now_ns();
  if (write(client->fd, client->asked->bytes, client->asked->length) != (ssize_t)client->asked->length) fail("write");
}

static void note(struct client *client, const char *body, int counts) {
  all++;
  if (!counts) return;
  if (memcmp(client->answer + 9, "200", 3) == 0 && strstr(body, client->asked->word) != NULL) {
    right++;
  } else if (wrong++ == 0) {
    for (size_t i = 0; i < sizeof first_wrong - 1 && client->answer[i]; i++) {
      char c = client->answer[i]; /* goes into JSON as it is */
      first_wrong[i] = c < ' ' || c == '"' || c == '\\' ? ' ' : c;
    }
  }
  if (latency_count == latency_room)
    latencies = realloc(latencies, (latency_room = latency_room * 2 + 4096) * sizeof *latencies);
  latencies[latency_count++] = (uint32_t)((now_ns() - client->sent_ns) / 1000);
}

static void receive(struct client *client, int counts) {
  ssize_t length = read(client->fd, client->answer + client->filled, ROOM - client->filled);
  if (length <= 0) fail("the server closed a connection");
  client->filled += (size_t)length;
  client->answer[client->filled] = 0;
  char *end = strstr(client->answer, "\r\n\r\n");
  if (end == NULL) return;
  char *field = strcasestr(client->answer, "content-length:");
  size_t body = field != NULL && field < end ? strtoul(field + 15, NULL, 10) : 0;
  if (client->filled < (size_t)(end + 4 - client->answer) + body) return;
  note(client, end + 4, counts);
  ask(client);
}

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static double percentile_ms(double share) {
  return latency_count ? latencies[(size_t)((double)(latency_count - 1) * share)] / 1000.0 : 0.0;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int connections = atoi(argv[2]), on = 1, epoll = epoll_create1(0);
  if (connections < 1 || connections > MOST_CONNECTIONS) return 2;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  read_requests();
  struct client *clients = calloc((size_t)connections, sizeof *clients);
  for (int i = 0; i < connections; i++) {
    clients[i].fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(clients[i].fd, (struct sockaddr *)&server, sizeof server) != 0) fail("connect");
    setsockopt(clients[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = clients + i};
    epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
  }
  uint64_t from = now_ns() + (uint64_t)(atof(argv[4]) * 1e9), until = from + (uint64_t)(atof(argv[3]) * 1e9), now;
  for (int i = 0; i < connections; i++) ask(clients + i);
  while ((now = now_ns()) < until) {
    struct epoll_event ready[256];
    int count = epoll_wait(epoll, ready, 256, 100);
    for (int i = 0; i < count; i++) receive(ready[i].data.ptr, now >= from);
  }
  qsort(latencies, latency_count, sizeof *latencies, ascending);
  printf("{\"right\": %lu, \"wrong\": %lu, \"all\": %lu, \"per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, "
         "\"first_wrong\": \"%s\"}\n",
         right, wrong, all, (double)right / ((double)(now - from) / 1e9), percentile_ms(0.5), percentile_ms(0.99),
         percentile_ms(1.0), first_wrong);
  return 0;
}
