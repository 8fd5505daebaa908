// Echo server on libwebsockets.
// Closing behavior of the program: on the text close:CODE:REASON it calls lws_close_reason(CODE, REASON), unless CODE
// is empty. It then returns -1 from the callback, which makes the library close the connection. The library replies
// to a Close, fails connections and closes TCP.
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct message {
    struct message *next;
    int binary;
    size_t len;
    unsigned char octets[];  // LWS_PRE octets reserved for the library, then the payload.
};

struct session {
    struct message *first, *last, *partial;
};

static struct message *extend(struct message *m, const void *in, size_t len) {
    size_t had = m ? m->len : 0;
    m = realloc(m, sizeof *m + LWS_PRE + had + len + 1);
    memcpy(m->octets + LWS_PRE + had, in, len);
    m->len = had + len;
    m->next = NULL;
    return m;
}

static int close_asked(struct lws *wsi, struct message *m) {
    unsigned char *code = m->octets + LWS_PRE + 6, *end = m->octets + LWS_PRE + m->len;
    *end = 0;
    unsigned char *colon = memchr(code, ':', end - code);
    unsigned char *reason = colon ? colon + 1 : end;
    if (code != end && *code != ':') lws_close_reason(wsi, atoi((char *)code), reason, end - reason);
    return -1;
}

static int callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len) {
    struct session *session = user;
    struct message *m;
    int result = 0;
    switch (why) {
    case LWS_CALLBACK_RECEIVE:
        m = session->partial = extend(session->partial, in, len);
        m->binary = lws_frame_is_binary(wsi);
        if (lws_remaining_packet_payload(wsi) || !lws_is_final_fragment(wsi)) break;
        session->partial = NULL;
        if (!m->binary && m->len >= 6 && memcmp(m->octets + LWS_PRE, "close:", 6) == 0) {
            result = close_asked(wsi, m);
            free(m);
            break;
        }
        if (session->first) session->last->next = m;
        else session->first = m;
        session->last = m;
        lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        m = session->first;
        if (!m) break;
        session->first = m->next;
        if (lws_write(wsi, m->octets + LWS_PRE, m->len, m->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT) < (int)m->len)
            result = -1;
        free(m);
        if (session->first) lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_CLOSED:
        free(session->partial);
        while ((m = session->first)) {
            session->first = m->next;
            free(m);
        }
        break;
    default:
        return lws_callback_http_dummy(wsi, why, user, in, len);
    }
    return result;
}

int main(int count, char **arguments) {
    (void)count;
    struct lws_protocols protocols[] = {{"echo", callback, sizeof(struct session), 0, 0, NULL, 0}, {0}};
    struct lws_context_creation_info info = {.iface = "127.0.0.1", .protocols = protocols};
    info.port = atoi(arguments[1]);
    info.gid = info.uid = -1;
    lws_set_log_level(0, NULL);
    struct lws_context *context = lws_create_context(&info);
    if (!context) return 1;
    puts("listening");
    fflush(stdout);
    while (lws_service(context, 0) >= 0) {}
}
