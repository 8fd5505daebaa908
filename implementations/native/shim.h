// What the Rust side of the C and C++ peers sees of them: endpoints, driven one stimulus at a time, and the
// list of what one did about the last one. No exception leaves these functions, and none blocks.
#ifndef WSCLOSE_SHIM_H
#define WSCLOSE_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// An endpoint of any of the peers.
typedef struct wsclose_endpoint wsclose_endpoint;

// What happened; `native.rs` has the same numbers.
enum wsclose_event_kind {
    WSCLOSE_SENT = 0,       // octets: what the peer wrote
    WSCLOSE_FIN = 1,        // its TCP was closed
    WSCLOSE_TEXT = 2,       // octets: a whole text message for the application
    WSCLOSE_BINARY = 3,     // octets: a whole binary message
    WSCLOSE_CLOSED = 4,     // code and octets: how it says that the connection closed; code 0 is none
    WSCLOSE_ERRORED = 5,    // octets: the words of an error
    WSCLOSE_ACCEPTED = 6,   // what the application asked for was done
    WSCLOSE_REFUSED = 7,    // octets: why it was not
    WSCLOSE_PANICKED = 8,   // octets: an exception, or an assertion, that went off
    WSCLOSE_SPINNING = 9,   // more was done than any input explains
    WSCLOSE_NOT_ASKED = 10  // octets: why what the application asked for was not passed on to the peer
};

typedef struct wsclose_event {
    uint32_t start;     // where its octets begin among those that `wsclose_events` hands out
    uint32_t len;       // how many there are
    uint16_t code;
    uint8_t kind;       // a wsclose_event_kind
} wsclose_event;

// One maker and one version for each peer, in a file of its own. A maker gives null if there is no memory.
wsclose_endpoint* wsclose_beast_new(void);
char const* wsclose_beast_version(void);
wsclose_endpoint* wsclose_websocketpp_new(void);
char const* wsclose_websocketpp_version(void);
wsclose_endpoint* wsclose_wslay_new(void);
char const* wsclose_wslay_version(void);

void wsclose_free(wsclose_endpoint*);

// Each forgets the events of the one before, does its work and runs the peer until it is idle.
void wsclose_connect(wsclose_endpoint*, int is_server);
void wsclose_octets(wsclose_endpoint*, uint8_t const*, size_t);
void wsclose_peer_fin(wsclose_endpoint*);
void wsclose_peer_reset(wsclose_endpoint*);
void wsclose_close(wsclose_endpoint*, uint16_t code, char const* reason, size_t);
void wsclose_send(wsclose_endpoint*, int is_text, uint8_t const*, size_t);
void wsclose_tick(wsclose_endpoint*);

// The events of the last stimulus; good until the next.
void wsclose_events(wsclose_endpoint const*, wsclose_event const** events, size_t* count,
                    uint8_t const** octets, size_t* octets_len);

// Beast's own `is_valid_close_code`.
int wsclose_beast_is_valid_close_code(uint16_t);
// The name and value of one enumerator of its `close_code`; null past the last.
char const* wsclose_beast_close_code(size_t index, uint16_t* value);

// WebSocket++'s own `close::status::invalid` and `close::status::reserved`.
int wsclose_websocketpp_is_invalid(uint16_t);
int wsclose_websocketpp_is_reserved(uint16_t);

#ifdef __cplusplus
}
#endif

#endif
