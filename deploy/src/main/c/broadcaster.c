// The simplest WebSocket broadcaster: what the machine's kernel lets anybody reach. It answers every upgrade, checks
// nothing, and writes one prepared frame with one send a connection and message.
//
//   broadcaster PORT HEARTBEAT-SECONDS
//
// GET /broadcast?N sends N messages to all, one after the other, and is answered when they are written.
// With heartbeats, each connection gets an empty ping in each such span, in its own tenth of a second of it.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 20000
#define PAYLOAD_BYTES 128
#define TICK_MS 100

static int connections[CONNECTIONS_MAX];
static int count;

static const char ANSWER[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    "\x81\x12{\"type\":\"welcome\"}";
static const char DONE[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

static void die(const char *what) {
  perror(what);
  exit(1);
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}

static void say(int fd, const void *bytes, size_t length) {
  if (send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) {
    perror("send");
  }
}

static void broadcast(int messages) {
  char frame[4 + PAYLOAD_BYTES];
  memset(frame, 'x', sizeof frame);
  frame[0] = (char)0x81;
  frame[1] = 126;
  frame[2] = 0;
  frame[3] = (char)PAYLOAD_BYTES;
  memcpy(frame + 4, "{\"position\":\"", 13);
  for (int message = 0; message < messages; message++) {
    for (int i = 0; i < count; i++) {
      say(connections[i], frame, sizeof frame);
    }
  }
}

static void forget(int fd) {
  for (int i = 0; i < count; i++) {
    if (connections[i] == fd) {
      connections[i] = connections[--count];
      break;
    }
  }
  close(fd);
}

// A request comes in one piece, or it is none of ours; what follows the upgrade is not looked at.
static void read_from(int fd) {
  char bytes[4096];
  ssize_t length = recv(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
  if (length <= 0) {
    if (length == 0 || errno != EAGAIN) {
      forget(fd);
    }
    return;
  }
  bytes[length] = 0;
  if (strncmp(bytes, "GET /push/", 10) == 0) {
    if (count == CONNECTIONS_MAX) {
      close(fd);
      return;
    }
    connections[count++] = fd;
    say(fd, ANSWER, sizeof ANSWER - 1);
  } else if (strncmp(bytes, "GET /", 5) == 0) {
    if (strncmp(bytes, "GET /broadcast?", 15) == 0) {
      broadcast(atoi(bytes + 15));
    }
    say(fd, DONE, sizeof DONE - 1);
  }
}

static void beat(long from_ms, long to_ms, long span_ms) {
  long slots = span_ms / TICK_MS;
  for (long slot = from_ms / TICK_MS; slot < to_ms / TICK_MS; slot++) {
    for (long i = slot % slots; i < count; i += slots) {
      say(connections[i], "\x89\x00", 2);
    }
  }
}

int main(int argc, char **argv) {
  int port = argc > 1 ? atoi(argv[1]) : 0;
  long span_ms = argc > 2 ? atol(argv[2]) * 1000 : 0;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
    die("listen");
  }
  int epoll = epoll_create1(0);
  struct epoll_event interest = {.events = EPOLLIN, .data.fd = listener};
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &interest) < 0) {
    die("epoll");
  }
  long beaten_ms = now_ms();
  struct epoll_event events[256];
  for (;;) {
    int ready = epoll_wait(epoll, events, 256, span_ms > 0 ? TICK_MS : -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd != listener) {
        read_from(events[i].data.fd);
        continue;
      }
      int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
      if (fd >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event mine = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &mine);
      }
    }
    if (span_ms > 0) {
      long now = now_ms();
      beat(beaten_ms, now, span_ms);
      beaten_ms = now;
    }
  }
}
