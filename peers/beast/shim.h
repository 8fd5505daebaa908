// What the Rust side of the adapter sees of Boost.Beast: one endpoint, driven one stimulus at a time, and
// the list of what it did about the last one. No exception leaves these functions, and none blocks.
#ifndef WSCLOSE_BEAST_SHIM_H
#define WSCLOSE_BEAST_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wsclose_beast wsclose_beast;

// What happened; `beast.rs` has the same numbers.
enum wsclose_event_kind {
    WSCLOSE_SENT = 0,       // octets: what Beast wrote
    WSCLOSE_FIN = 1,        // its TCP was closed
    WSCLOSE_TEXT = 2,       // octets: a whole text message for the application
    WSCLOSE_BINARY = 3,     // octets: a whole binary message
    WSCLOSE_CLOSED = 4,     // code and octets: `reason()` after `error::closed`; code 0 is `close_code::none`
    WSCLOSE_ERRORED = 5,    // octets: `ec.message()`
    WSCLOSE_ACCEPTED = 6,   // what the application asked for was done
    WSCLOSE_REFUSED = 7,    // octets: why it was not
    WSCLOSE_PANICKED = 8,   // octets: an exception, or an assertion of Beast's, that went off
    WSCLOSE_SPINNING = 9    // more handlers ran than any input explains
};

typedef struct wsclose_event {
    uint32_t start;     // where its octets begin among those that `wsclose_beast_events` hands out
    uint32_t len;       // how many there are
    uint16_t code;
    uint8_t kind;       // a wsclose_event_kind
} wsclose_event;

// Null if there is no memory.
wsclose_beast* wsclose_beast_new(void);
void wsclose_beast_free(wsclose_beast*);

// Each forgets the events of the one before, does its work and runs Beast until it is idle.
void wsclose_beast_connect(wsclose_beast*, int is_server);
void wsclose_beast_octets(wsclose_beast*, uint8_t const*, size_t);
void wsclose_beast_peer_fin(wsclose_beast*);
void wsclose_beast_peer_reset(wsclose_beast*);
void wsclose_beast_close(wsclose_beast*, uint16_t code, char const* reason, size_t);
void wsclose_beast_send(wsclose_beast*, int is_text, uint8_t const*, size_t);
void wsclose_beast_pause(wsclose_beast*);
void wsclose_beast_resume(wsclose_beast*);
void wsclose_beast_tick(wsclose_beast*);

// The events of the last stimulus; good until the next. `octets` is never null.
void wsclose_beast_events(wsclose_beast const*, wsclose_event const** events, size_t* count,
                          uint8_t const** octets, size_t* octets_len);

// Beast's own `is_valid_close_code`, its enumerators and its version.
int wsclose_beast_is_valid_close_code(uint16_t);
// The name and value of one enumerator of `close_code`; null past the last.
char const* wsclose_beast_close_code(size_t index, uint16_t* value);
char const* wsclose_beast_version(void);

#ifdef __cplusplus
}
#endif

#endif
