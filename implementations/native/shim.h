// The C interface between native.rs and the C and C++ implementations: endpoints that take one stimulus at a time, and
// the events that the last stimulus caused. No function throws or blocks.
#ifndef WSCLOSE_SHIM_H
#define WSCLOSE_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// An endpoint of one of the implementations.
typedef struct wsclose_endpoint wsclose_endpoint;

// The kinds of events. native.rs has the same numbers.
enum wsclose_event_kind {
    WSCLOSE_SENT = 0,               // octets: written by the implementation
    WSCLOSE_FIN = 1,                // the endpoint closed TCP
    WSCLOSE_TEXT = 2,               // octets: a complete text message for the application
    WSCLOSE_BINARY = 3,             // octets: a complete binary message for the application
    WSCLOSE_CLOSED = 4,             // code and octets: the reported code and reason; code 0 means no code
    WSCLOSE_ERROR_REPORTED = 5,     // octets: the message of a reported error
    WSCLOSE_REQUEST_ACCEPTED = 6,   // the implementation accepted a request of the application
    WSCLOSE_REQUEST_REFUSED = 7,    // octets: why the implementation refused a request
    WSCLOSE_PANICKED = 8,           // octets: the message of an exception or a failed assertion
    WSCLOSE_HUNG = 9,               // the implementation exceeded its budget of calls
    WSCLOSE_UNSUPPORTED = 10        // octets: why a request was not passed to the implementation
};

typedef struct wsclose_event {
    uint32_t start;     // offset of its octets in the octets that `wsclose_events` returns
    uint32_t len;       // number of its octets
    uint16_t code;
    uint8_t kind;       // a wsclose_event_kind
} wsclose_event;

// A constructor and a version for each implementation. A constructor returns null without memory.
wsclose_endpoint* wsclose_beast_new(void);
char const* wsclose_beast_version(void);
wsclose_endpoint* wsclose_websocketpp_new(void);
char const* wsclose_websocketpp_version(void);
wsclose_endpoint* wsclose_wslay_new(void);
char const* wsclose_wslay_version(void);

void wsclose_free(wsclose_endpoint*);

// Each function discards the previous events, applies one stimulus and runs the endpoint until it is idle.
void wsclose_connect(wsclose_endpoint*, int is_server);
void wsclose_octets(wsclose_endpoint*, uint8_t const*, size_t);
void wsclose_peer_fin(wsclose_endpoint*);
void wsclose_peer_reset(wsclose_endpoint*);
void wsclose_close(wsclose_endpoint*, uint16_t code, char const* reason, size_t);
void wsclose_send(wsclose_endpoint*, int is_text, uint8_t const*, size_t);
void wsclose_tick(wsclose_endpoint*);

// Returns the events of the last stimulus. They are valid until the next stimulus.
void wsclose_events(wsclose_endpoint const*, wsclose_event const** events, size_t* count,
                    uint8_t const** octets, size_t* octets_len);

// Beast's `is_valid_close_code`.
int wsclose_beast_is_valid_close_code(uint16_t);
// Returns the name and value of an enumerator of Beast's `close_code`, or null past the last one.
char const* wsclose_beast_close_code(size_t index, uint16_t* value);

// WebSocket++'s `close::status::invalid` and `close::status::reserved`.
int wsclose_websocketpp_is_invalid(uint16_t);
int wsclose_websocketpp_is_reserved(uint16_t);

#ifdef __cplusplus
}
#endif

#endif
