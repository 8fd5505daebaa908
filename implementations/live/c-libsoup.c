// Echo server on libsoup 3.
// Closing behavior of the program: on the text close:CODE:REASON it calls soup_websocket_connection_close with this
// code and reason. The library takes the reason as a string that ends at a NUL. If CODE is empty, the program passes
// the library's NO_STATUS. The library replies to a Close, fails connections and closes TCP.
#include <libsoup/soup.h>
#include <stdio.h>
#include <stdlib.h>

static void message(SoupWebsocketConnection *connection, int type, GBytes *message, gpointer data) {
    (void)data;
    gsize len;
    const char *octets = g_bytes_get_data(message, &len);
    if (soup_websocket_connection_get_state(connection) != SOUP_WEBSOCKET_STATE_OPEN) return;
    if (type == SOUP_WEBSOCKET_DATA_TEXT && g_str_has_prefix(octets ? octets : "", "close:")) {
        // The library ends the buffer of a text with a NUL.
        char **command = g_strsplit(octets + 6, ":", 2);
        int code = command[0] && *command[0] ? atoi(command[0]) : SOUP_WEBSOCKET_CLOSE_NO_STATUS;
        soup_websocket_connection_close(connection, code, code == SOUP_WEBSOCKET_CLOSE_NO_STATUS ? NULL : command[1]);
        g_strfreev(command);
        return;
    }
    soup_websocket_connection_send_message(connection, type, message);
}

static void closed(SoupWebsocketConnection *connection, gpointer data) {
    (void)data;
    g_object_unref(connection);
}

static void opened(SoupServer *server, SoupServerMessage *request, const char *path,
                   SoupWebsocketConnection *connection, gpointer data) {
    (void)server, (void)request, (void)path, (void)data;
    g_signal_connect(g_object_ref(connection), "message", G_CALLBACK(message), NULL);
    g_signal_connect(connection, "closed", G_CALLBACK(closed), NULL);
}

int main(int count, char **arguments) {
    (void)count;
    GError *error = NULL;
    SoupServer *server = soup_server_new(NULL, NULL);
    GInetAddress *loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    soup_server_add_websocket_handler(server, "/", NULL, NULL, opened, NULL, NULL);
    if (!soup_server_listen(server, g_inet_socket_address_new(loopback, atoi(arguments[1])), 0, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    puts("listening");
    fflush(stdout);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}
