// Echo server on CivetWeb.
// CivetWeb passes every frame to the program, including control frames.
// Closing behavior of the program, as in the library's example ws_server: it sends a Close back with the received
// payload and returns 0, which makes the library close TCP. It replies to a Ping. It does not reply to the reply to
// its own Close. It echoes only text and binary messages. On the text close:CODE:REASON it writes a Close with this
// code and reason, or with an empty body if CODE is empty. The only library call for this is mg_websocket_write.
#include <civetweb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
    int closing, opcode;  // The opcode of the message in progress, or 0.
    char *octets;
    size_t len;
};

static void ready(struct mg_connection *conn, void *data) {
    (void)data;
    mg_set_user_connection_data(conn, calloc(1, sizeof(struct session)));
}

static void write_close(struct mg_connection *conn, const char *code, const char *end) {
    const char *colon = memchr(code, ':', end - code);
    const char *reason = colon ? colon + 1 : end;
    char *body = malloc(2 + (end - reason));
    int number = atoi(code), bare = code == end || *code == ':';
    body[0] = (char)(number >> 8);
    body[1] = (char)number;
    memcpy(body + 2, reason, end - reason);
    mg_websocket_write(conn, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, body, bare ? 0 : 2 + (end - reason));
    free(body);
}

static int message(struct mg_connection *conn, struct session *s) {
    int text = s->opcode == MG_WEBSOCKET_OPCODE_TEXT;
    if (text && s->len >= 6 && memcmp(s->octets, "close:", 6) == 0) {
        s->closing = 1;
        write_close(conn, s->octets + 6, s->octets + s->len);
    } else {
        mg_websocket_write(conn, s->opcode, s->octets, s->len);
    }
    s->opcode = 0;
    s->len = 0;
    return 1;
}

static int frame(struct mg_connection *conn, int bits, char *octets, size_t len, void *data) {
    (void)data;
    struct session *s = mg_get_user_connection_data(conn);
    int opcode = bits & 15;
    if (opcode == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE) {
        if (!s->closing) mg_websocket_write(conn, opcode, octets, len);
        return 0;
    }
    if (s->closing || opcode == MG_WEBSOCKET_OPCODE_PONG) return 1;
    if (opcode == MG_WEBSOCKET_OPCODE_PING) {
        mg_websocket_write(conn, MG_WEBSOCKET_OPCODE_PONG, octets, len);
        return 1;
    }
    if (opcode == MG_WEBSOCKET_OPCODE_TEXT || opcode == MG_WEBSOCKET_OPCODE_BINARY) s->opcode = opcode;
    else if (opcode != MG_WEBSOCKET_OPCODE_CONTINUATION || !s->opcode) return 1;
    s->octets = realloc(s->octets, s->len + len + 1);
    memcpy(s->octets + s->len, octets, len);
    s->len += len;
    s->octets[s->len] = 0;
    return bits & 0x80 ? message(conn, s) : 1;
}

static void closed(const struct mg_connection *conn, void *data) {
    (void)data;
    struct session *s = mg_get_user_connection_data(conn);
    if (s) free(s->octets);
    free(s);
}

int main(int count, char **arguments) {
    (void)count;
    char address[64];
    snprintf(address, sizeof address, "127.0.0.1:%s", arguments[1]);
    const char *options[] = {"listening_ports", address, NULL};
    struct mg_callbacks callbacks = {0};
    mg_init_library(MG_FEATURES_WEBSOCKET);
    struct mg_context *ctx = mg_start(&callbacks, NULL, options);
    if (!ctx) return 1;
    mg_set_websocket_handler(ctx, "/", NULL, ready, frame, closed, NULL);
    puts("listening");
    fflush(stdout);
    pause();
}
