// What every shim has in common: the log of what an endpoint did, and the endpoint as endpoint.cpp drives it.
#ifndef WSCLOSE_ENDPOINT_HPP
#define WSCLOSE_ENDPOINT_HPP

#include "shim.h"

#include <cstdint>
#include <string>
#include <vector>

namespace wsclose {

// What has happened since the stimulus began.
struct Log {
    std::vector<wsclose_event> events;
    std::vector<std::uint8_t> octets;

    void clear()
    {
        events.clear();
        octets.clear();
    }

    void add(wsclose_event_kind kind, void const* data = nullptr, std::size_t len = 0, std::uint16_t code = 0)
    {
        auto const start = octets.size();
        auto const* first = static_cast<std::uint8_t const*>(data);
        octets.insert(octets.end(), first, first + len);
        events.push_back({static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(len), code,
                          static_cast<std::uint8_t>(kind)});
    }

    void say(wsclose_event_kind kind, std::string const& words) { add(kind, words.data(), words.size()); }
};

// A new endpoint, or null if there is no memory for it.
template<class Endpoint>
wsclose_endpoint* make() noexcept
{
    try {
        return new Endpoint;
    } catch (...) {
        return nullptr;
    }
}

} // namespace wsclose

// One peer and the program around it. What waits while the application does not read, waits in native.rs.
struct wsclose_endpoint {
    wsclose::Log log;

    virtual ~wsclose_endpoint() = default;

    // What may be thrown from any of these is told as a panic by `broke`.
    virtual void connect(bool is_server) = 0;
    virtual void octets(std::uint8_t const* data, std::size_t len) = 0;
    virtual void peer_fin() = 0;
    virtual void peer_reset() = 0;
    virtual void close(std::uint16_t code, char const* reason, std::size_t len) = 0;
    virtual void send(bool is_text, std::uint8_t const* data, std::size_t len) = 0;
    virtual void tick() = 0;
    // What was thrown has left things half done: nothing more may be asked of this connection.
    virtual void broke(char const* words) = 0;
};

#endif
