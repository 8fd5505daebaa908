// The functions of shim.h that are the same for every implementation.

#include "endpoint.hpp"

#include <exception>

namespace {

template<class Work>
void stimulate(wsclose_endpoint* endpoint, Work work) noexcept
{
    endpoint->log.clear();
    try {
        work(*endpoint);
    } catch (std::exception const& error) {
        endpoint->on_exception(error.what());
    } catch (...) {
        endpoint->on_exception("an exception of unknown type");
    }
}

} // namespace

extern "C" {

void wsclose_free(wsclose_endpoint* endpoint) { delete endpoint; }

void wsclose_connect(wsclose_endpoint* endpoint, int is_server)
{
    stimulate(endpoint, [=](wsclose_endpoint& e) { e.connect(is_server != 0); });
}

void wsclose_octets(wsclose_endpoint* endpoint, uint8_t const* data, size_t len)
{
    stimulate(endpoint, [=](wsclose_endpoint& e) { e.octets(data, len); });
}

void wsclose_peer_fin(wsclose_endpoint* endpoint)
{
    stimulate(endpoint, [](wsclose_endpoint& e) { e.peer_fin(); });
}

void wsclose_peer_reset(wsclose_endpoint* endpoint)
{
    stimulate(endpoint, [](wsclose_endpoint& e) { e.peer_reset(); });
}

void wsclose_close(wsclose_endpoint* endpoint, uint16_t code, char const* reason, size_t len)
{
    stimulate(endpoint, [=](wsclose_endpoint& e) { e.close(code, reason, len); });
}

void wsclose_send(wsclose_endpoint* endpoint, int is_text, uint8_t const* data, size_t len)
{
    stimulate(endpoint, [=](wsclose_endpoint& e) { e.send(is_text != 0, data, len); });
}

void wsclose_tick(wsclose_endpoint* endpoint)
{
    stimulate(endpoint, [](wsclose_endpoint& e) { e.tick(); });
}

void wsclose_events(wsclose_endpoint const* endpoint, wsclose_event const** events, size_t* count,
                    uint8_t const** octets, size_t* octets_len)
{
    auto const& log = endpoint->log;
    *events = log.events.data();
    *count = log.events.size();
    *octets = log.octets.data();
    *octets_len = log.octets.size();
}

} // extern "C"
