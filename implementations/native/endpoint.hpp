// The parts that all shims share: the log of events, and the interface of an endpoint that endpoint.cpp drives.
#ifndef WSCLOSE_ENDPOINT_HPP
#define WSCLOSE_ENDPOINT_HPP

#include "shim.h"

#include <cstdint>
#include <string>
#include <vector>

namespace wsclose {

// The events since the last stimulus.
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

    void add_text(wsclose_event_kind kind, std::string const& text) { add(kind, text.data(), text.size()); }
};

// Returns a new endpoint, or null without memory.
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

// One endpoint with the program around it. While the application has paused, native.rs holds the input back.
struct wsclose_endpoint {
    wsclose::Log log;

    virtual ~wsclose_endpoint() = default;

    // These functions may throw. The exception is passed to `on_exception`, which records it as a panic.
    virtual void connect(bool is_server) = 0;
    virtual void octets(std::uint8_t const* data, std::size_t len) = 0;
    virtual void peer_fin() = 0;
    virtual void peer_reset() = 0;
    virtual void close(std::uint16_t code, char const* reason, std::size_t len) = 0;
    virtual void send(bool is_text, std::uint8_t const* data, std::size_t len) = 0;
    virtual void tick() = 0;
    // An exception may leave the connection in an inconsistent state, so nothing uses the connection afterwards.
    virtual void on_exception(char const* message) = 0;
};

#endif
