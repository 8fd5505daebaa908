// Echo server on the event interface of wslay, based on its example fork-echoserv.c, with threads instead of
// processes.
// wslay performs no socket I/O and no opening handshake, so the program does both.
// Closing behavior of the program, as in the example: it continues while the library wants to read or write and no
// library call fails, then it closes TCP. On the text close:CODE:REASON it calls wslay_event_queue_close, with the
// code 0 if CODE is empty, and ignores the result.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

struct session {
    int fd;
};

static ssize_t receive(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *data) {
    (void)flags;
    ssize_t n;
    while ((n = recv(((struct session *)data)->fd, buf, len, MSG_DONTWAIT)) == -1 && errno == EINTR) {}
    if (n > 0) return n;
    int would_block = n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK);
    wslay_event_set_error(ctx, would_block ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t transmit(wslay_event_context_ptr ctx, const uint8_t *buf, size_t len, int flags, void *data) {
    (void)flags;
    ssize_t n;
    while ((n = send(((struct session *)data)->fd, buf, len, MSG_DONTWAIT)) == -1 && errno == EINTR) {}
    if (n >= 0) return n;
    int would_block = errno == EAGAIN || errno == EWOULDBLOCK;
    wslay_event_set_error(ctx, would_block ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static void message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg, void *data) {
    (void)data;
    if (wslay_is_ctrl_frame(arg->opcode)) return;
    const char *text = (const char *)arg->msg;
    if (arg->opcode == WSLAY_TEXT_FRAME && arg->msg_length >= 6 && memcmp(text, "close:", 6) == 0) {
        const char *code = text + 6, *end = text + arg->msg_length;
        const char *colon = memchr(code, ':', end - code);
        const char *reason = colon ? colon + 1 : end;
        int number = 0;
        for (const char *digit = code; digit < end && *digit != ':'; digit++) number = number * 10 + *digit - '0';
        wslay_event_queue_close(ctx, number, (const uint8_t *)reason, end - reason);
        return;
    }
    struct wslay_event_msg echo = {arg->opcode, arg->msg, arg->msg_length};
    wslay_event_queue_msg(ctx, &echo);
}

static int open_handshake(int fd) {
    char request[8192], answer[512], key[128];
    size_t got = 0;
    for (;;) {
        ssize_t n = recv(fd, request + got, sizeof request - 1 - got, 0);
        if (n <= 0) return -1;
        request[got += n] = 0;
        if (strstr(request, "\r\n\r\n")) break;
        if (got == sizeof request - 1) return -1;
    }
    const char *field = strcasestr(request, "\r\nSec-WebSocket-Key:");
    if (!field || sscanf(field + 20, " %24s", key) != 1) return -1;
    unsigned char digest[SHA_DIGEST_LENGTH], accept[32];
    strcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    SHA1((unsigned char *)key, strlen(key), digest);
    EVP_EncodeBlock(accept, digest, sizeof digest);
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    return send(fd, answer, n, 0) == n ? 0 : -1;
}

static void *serve(void *data) {
    struct session session = {(int)(intptr_t)data};
    int one = 1;
    // The library sends a header and its payload apart, and Nagle's algorithm would delay the payload.
    setsockopt(session.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct wslay_event_callbacks callbacks = {receive, transmit, NULL, NULL, NULL, NULL, message};
    wslay_event_context_ptr ctx;
    if (open_handshake(session.fd) == 0 && wslay_event_context_server_init(&ctx, &callbacks, &session) == 0) {
        while (wslay_event_want_read(ctx) || wslay_event_want_write(ctx)) {
            struct pollfd event = {session.fd, 0, 0};
            event.events = (wslay_event_want_read(ctx) ? POLLIN : 0) | (wslay_event_want_write(ctx) ? POLLOUT : 0);
            if (poll(&event, 1, -1) == -1) break;
            if ((event.revents & (POLLIN | POLLHUP | POLLERR)) && wslay_event_recv(ctx) != 0) break;
            if ((event.revents & POLLOUT) && wslay_event_send(ctx) != 0) break;
        }
        wslay_event_context_free(ctx);
    }
    close(session.fd);
    return NULL;
}

int main(int count, char **arguments) {
    (void)count;
    signal(SIGPIPE, SIG_IGN);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 128)) {
        perror("listen");
        return 1;
    }
    puts("listening");
    fflush(stdout);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_t thread;
        if (fd == -1) continue;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0) pthread_detach(thread);
        else close(fd);
    }
}
