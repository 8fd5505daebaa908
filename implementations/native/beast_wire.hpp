// The line between Beast and the harness: Beast's in-memory test stream with resets, torn down as a TCP
// socket is. Included once, by beast.cpp.
#ifndef WSCLOSE_BEAST_WIRE_HPP
#define WSCLOSE_BEAST_WIRE_HPP

// Beast's assertions stay on, and an assertion that goes off is told instead of aborting the process.
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

// An assertion is told only where throwing is safe: while handlers run, and nothing else is being thrown.
thread_local bool assertions_tell = false;

// One connection seen from outside Beast. The octets that Beast wrote wait in `peer` until `drain`.
struct Line {
    wsclose::Log& log;
    std::optional<beast::test::stream> peer;
    bool reset = false;         // the peer reset it
    bool closed = false;        // this end closed it
    bool awaits_fin = false;    // a client's teardown waits for the server's FIN
    std::size_t written = 0;
    char unread[2048];          // what a teardown discards

    void drain()
    {
        if (peer && peer->buffer().size() > 0) {
            auto const data = peer->buffer().data();
            log.add(WSCLOSE_SENT, data.data(), data.size());
            written += data.size();
            peer->clear();
        }
    }

    void tell(wsclose_event_kind kind, void const* data = nullptr, std::size_t len = 0, std::uint16_t code = 0)
    {
        drain();
        log.add(kind, data, len, code);
    }

    void say(wsclose_event_kind kind, std::string const& words) { tell(kind, words.data(), words.size()); }

    void fin()
    {
        if (!closed) {
            closed = true;
            tell(WSCLOSE_FIN);
        }
    }
};

// A handler that says "connection reset" where the test stream, which knows no resets, says "end of file".
template<class Handler>
struct ReadHandler {
    Line* line;
    Handler next;

    void operator()(error_code ec, std::size_t n)
    {
        if (line->reset && ec == net::error::eof) {
            ec = net::error::connection_reset;
        }
        std::move(next)(ec, n);
    }
};

// The test stream with resets, and torn down as Beast tears down a TCP socket.
class Wire : public beast::test::stream {
public:
    Wire(net::io_context& context, Line& line) : beast::test::stream(context), line_(&line) {}

    template<class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token)
    {
        return net::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto&& handler, Buffers const& into) {
                using Handler = std::decay_t<decltype(handler)>;
                beast::test::stream::async_read_some(
                    into, ReadHandler<Handler>{line_, std::forward<decltype(handler)>(handler)});
            },
            token, buffers);
    }

    Line& line() { return *line_; }

private:
    Line* line_;
};

// What websocket/impl/teardown.hpp does to a TCP socket: the server closes at once, the client reads to the
// server's FIN first. A server here does not stay to read that far: nothing would come of it but a delay.
template<class Handler>
class Teardown : public beast::async_base<Handler, net::any_io_executor> {
public:
    template<class Forwarded>
    Teardown(Forwarded&& handler, Wire& wire, beast::role_type role)
        : beast::async_base<Handler, net::any_io_executor>(std::forward<Forwarded>(handler), wire.get_executor())
        , wire_(wire)
        , line_(wire.line())
    {
        if (role == beast::role_type::server) {
            finish(error_code{}, false);
        } else {
            line_.awaits_fin = true;
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
    Wire& wire_;    // gone already when an operation is aborted because its stream is
    Line& line_;

    void discard()
    {
        wire_.async_read_some(net::buffer(line_.unread), std::move(*this));
    }

    void finish(error_code ec, bool continuation)
    {
        line_.awaits_fin = false;
        if (!ec) {
            line_.fin();
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

// A ReadHandler is run where, and allocated how, the handler inside it wants to be.
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
    if (!assertions_tell || std::uncaught_exceptions() > 0) {
        return;
    }
    // From the library's own folder on: where it is installed is nobody's business.
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
