// Beast's in-memory test stream, extended with resets and with the teardown of a TCP socket. Included once, by
// beast.cpp.
#ifndef WSCLOSE_BEAST_WIRE_HPP
#define WSCLOSE_BEAST_WIRE_HPP

// Enables Beast's assertions. A failed assertion is recorded and does not abort the process.
#define BOOST_ENABLE_ASSERT_HANDLER

#include "endpoint.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core.hpp>

#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

namespace net = boost::asio;
namespace beast = boost::beast;
using beast::error_code;

namespace {

// Whether a failed assertion throws. Throwing is safe only while handlers run and no other exception is in flight.
thread_local bool assertions_throw = false;

// The harness's side of one connection. `peer` holds the octets that Beast wrote until `drain`.
struct Connection {
    wsclose::Log& log;
    std::optional<beast::test::stream> peer;
    bool reset = false;         // the peer reset it
    bool closed = false;        // this end closed it
    bool awaits_fin = false;    // the teardown of a client waits for the server's FIN
    std::size_t written = 0;
    char unread[2048];          // receives octets that a teardown discards

    void drain()
    {
        if (peer && peer->buffer().size() > 0) {
            auto const data = peer->buffer().data();
            log.add(WSCLOSE_SENT, data.data(), data.size());
            written += data.size();
            peer->clear();
        }
    }

    void record(wsclose_event_kind kind, void const* data = nullptr, std::size_t len = 0, std::uint16_t code = 0)
    {
        drain();
        log.add(kind, data, len, code);
    }

    void record_text(wsclose_event_kind kind, std::string const& text) { record(kind, text.data(), text.size()); }

    void fin()
    {
        if (!closed) {
            closed = true;
            record(WSCLOSE_FIN);
        }
    }
};

// A handler that replaces `eof` with `connection_reset` after a reset, because the test stream has no resets.
template<class Handler>
struct ReadHandler {
    Connection* connection;
    Handler next;

    void operator()(error_code ec, std::size_t n)
    {
        if (connection->reset && ec == net::error::eof) {
            ec = net::error::connection_reset;
        }
        std::move(next)(ec, n);
    }
};

// The test stream with resets, and with the teardown that Beast performs for a TCP socket.
class Wire : public beast::test::stream {
public:
    Wire(net::io_context& context, Connection& connection) : beast::test::stream(context), connection_(&connection) {}

    template<class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token)
    {
        return net::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto&& handler, Buffers const& into) {
                using Handler = std::decay_t<decltype(handler)>;
                beast::test::stream::async_read_some(
                    into, ReadHandler<Handler>{connection_, std::forward<decltype(handler)>(handler)});
            },
            token, buffers);
    }

    Connection& connection() { return *connection_; }

private:
    Connection* connection_;
};

// Does what websocket/impl/teardown.hpp does for a TCP socket: a server closes at once, a client first reads up to the
// server's FIN. Unlike there, a server does not read further, because that would only delay the close.
template<class Handler>
class Teardown : public beast::async_base<Handler, net::any_io_executor> {
public:
    template<class Forwarded>
    Teardown(Forwarded&& handler, Wire& wire, beast::role_type role)
        : beast::async_base<Handler, net::any_io_executor>(std::forward<Forwarded>(handler), wire.get_executor())
        , wire_(wire)
        , connection_(wire.connection())
    {
        if (role == beast::role_type::server) {
            finish(error_code{}, false);
        } else {
            connection_.awaits_fin = true;
            discard();
        }
    }

    void operator()(error_code ec, std::size_t)
    {
        if (!ec) {
            discard();
        } else {
            finish(ec == net::error::eof ? error_code{} : ec, true);
        }
    }

private:
    Wire& wire_;    // dangles if the stream was destroyed, which aborts the operation
    Connection& connection_;

    void discard()
    {
        wire_.async_read_some(net::buffer(connection_.unread), std::move(*this));
    }

    void finish(error_code ec, bool continuation)
    {
        connection_.awaits_fin = false;
        if (!ec) {
            connection_.fin();
            wire_.close();
        }
        this->complete(continuation, ec);
    }
};

template<class Handler>
void async_teardown(beast::role_type role, Wire& wire, Handler&& handler)
{
    Teardown<std::decay_t<Handler>>(std::forward<Handler>(handler), wire, role);
}

} // namespace

namespace boost {
namespace asio {

// A ReadHandler uses the executor and the allocator of the handler that it wraps.
template<template<class, class> class Associator, class Handler, class Default>
struct associator<Associator, ReadHandler<Handler>, Default> : Associator<Handler, Default> {
    static typename Associator<Handler, Default>::type get(ReadHandler<Handler> const& h) noexcept
    {
        return Associator<Handler, Default>::get(h.next);
    }

    static auto get(ReadHandler<Handler> const& h, Default const& d) noexcept
        -> decltype(Associator<Handler, Default>::get(h.next, d))
    {
        return Associator<Handler, Default>::get(h.next, d);
    }
};

} // namespace asio

void assertion_failed_msg(char const* expr, char const* msg, char const*, char const* file, long line)
{
    if (!assertions_throw || std::uncaught_exceptions() > 0) {
        return;
    }
    // Omits the folder in which the library is installed, which differs between machines.
    char const* const own = std::strstr(file, "boost/");
    throw std::logic_error(std::string("assertion failed: ") + expr + (msg ? std::string(", ") + msg : "") + ", " +
                           (own ? own : file) + ":" + std::to_string(line));
}

void assertion_failed(char const* expr, char const* function, char const* file, long line)
{
    assertion_failed_msg(expr, nullptr, function, file, line);
}

} // namespace boost

#endif
