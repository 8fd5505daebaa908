// Boost.Beast's WebSocket stream over its own in-memory test stream, behind the C functions of shim.h.
// What is Beast's doing and what is this file's is written at the top of beast.rs.

#include "beast_wire.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/version.hpp>

namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

using Stream = websocket::stream<Wire>;

// How long a client's teardown waits for the server's FIN: longer than a hasty client would, shorter than
// anyone could call for ever. A program sets such a limit; Beast's own are in real time and switched off.
constexpr unsigned patience = 8;

// The handlers that any connection may take, and those that each octet received may: a post for each of the
// steps that the smallest frame leads to, several times over.
constexpr std::size_t free_handlers = 10'000;
constexpr std::size_t handlers_per_octet = 8;

// The request that a server answers. Its key is the one of RFC 6455 §1.3.
http::request<http::empty_body> const& upgrade_request()
{
    static auto const request = [] {
        http::request<http::empty_body> r{http::verb::get, "/", 11};
        r.set(http::field::host, "wsclose");
        r.set(http::field::upgrade, "websocket");
        r.set(http::field::connection, "upgrade");
        r.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
        r.set(http::field::sec_websocket_version, "13");
        return r;
    }();
    return request;
}

// An endpoint, and the program around it: it keeps an async_read pending, as Beast's documentation and its
// examples do, and closes TCP once an operation has failed.
class Endpoint final : public wsclose_endpoint {
public:
    Endpoint() { start_context(); }

    ~Endpoint() override { drop_connection(); }

    void connect(bool is_server) override
    {
        drop_connection();
        if (broken_) {
            // What an exception or an endless loop left in the queue is not for the next connection.
            start_context();
        }
        broken_ = over_ = false;
        ticks_ = 0;
        steps_left_ = free_handlers;
        line_.closed = line_.reset = line_.awaits_fin = false;
        line_.peer.emplace(*context_);
        stream_.emplace(*context_, line_);
        auto& wire = stream_->next_layer();
        line_.peer->connect(wire);
        error_code ec;
        if (is_server) {
            stream_->accept(upgrade_request(), ec);
        } else {
            // The decorator sees the request before it is written: the response can lie ready to be read.
            stream_->set_option(websocket::stream_base::decorator([&wire](websocket::request_type& request) {
                websocket::detail::sec_ws_accept_type accept;
                websocket::detail::make_sec_ws_accept(accept, request[http::field::sec_websocket_key]);
                wire.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                            "Sec-WebSocket-Accept: ");
                wire.append({accept.data(), accept.size()});
                wire.append("\r\n\r\n");
            }));
            stream_->handshake("wsclose", "/", ec);
        }
        if (ec) {
            throw beast::system_error(ec);
        }
        // The messages of the opening handshake are no part of what is tested.
        line_.peer->clear();
        line_.written = 0;
        read();
        run();
    }

    void octets(std::uint8_t const* data, std::size_t len) override
    {
        if (!alive() || line_.closed || line_.reset) {
            return;
        }
        steps_left_ += len * handlers_per_octet;
        error_code ec;
        net::write(*line_.peer, net::const_buffer(data, len), ec);
        run();
    }

    void peer_fin() override
    {
        if (alive()) {
            stream_->next_layer().close_remote();
            run();
        }
    }

    void peer_reset() override
    {
        if (!alive()) {
            return;
        }
        line_.drain();
        line_.reset = true;
        // Unread octets are lost, and with its peer gone what is written fails.
        stream_->next_layer().clear();
        line_.peer.reset();
        run();
    }

    void close(std::uint16_t code, char const* reason, std::size_t len) override
    {
        if (!alive()) {
            return line_.say(WSCLOSE_NOT_ASKED, "the endpoint is gone");
        }
        if (closing_) {
            return line_.say(WSCLOSE_NOT_ASKED, "already closing");
        }
        websocket::close_reason why;
        try {
            why = websocket::close_reason(static_cast<websocket::close_code>(code), {reason, len});
        } catch (std::length_error const& error) {
            return line_.say(WSCLOSE_REFUSED, error.what());
        }
        closing_ = true;
        auto const before = line_.written;
        assertions_tell = true;
        stream_->async_close(why, Done{this, generation_, &Endpoint::on_close});
        // Beast writes its Close within the call unless something else is being written.
        line_.drain();
        close_undecided_ = line_.written == before;
        if (!close_undecided_) {
            line_.tell(WSCLOSE_ACCEPTED);
        }
        run();
    }

    void send(bool is_text, std::uint8_t const* data, std::size_t len) override
    {
        if (!alive()) {
            return line_.say(WSCLOSE_NOT_ASKED, "the endpoint is gone");
        }
        if (writing_) {
            return line_.say(WSCLOSE_NOT_ASKED, "the message before is still being sent");
        }
        writing_ = true;
        outgoing_.assign(data, data + len);
        steps_left_ += len;
        assertions_tell = true;
        stream_->text(is_text);
        stream_->async_write(net::buffer(outgoing_), Done{this, generation_, &Endpoint::on_write});
        run();
    }

    void tick() override
    {
        if (alive() && line_.awaits_fin && ++ticks_ == patience) {
            stream_->next_layer().close_remote();
            run();
        }
    }

    // What was thrown has left operations half done: nothing more is asked of them.
    void broke(char const* words) override
    {
        line_.say(WSCLOSE_PANICKED, words);
        abandon();
    }

private:
    // A completion handler of the connection that it was made on, and of no later one.
    struct Done {
        Endpoint* self;
        std::uint64_t generation;
        void (Endpoint::*then)(error_code);

        void operator()(error_code ec, std::size_t = 0) const
        {
            if (generation == self->generation_) {
                (self->*then)(ec);
            }
        }
    };

    Line line_{log};
    std::optional<net::io_context> context_;
    std::optional<net::executor_work_guard<net::io_context::executor_type>> work_;
    std::optional<Stream> stream_;
    beast::flat_buffer incoming_;
    std::vector<std::uint8_t> outgoing_;
    std::uint64_t generation_ = 0;
    std::size_t steps_left_ = 0;
    unsigned ticks_ = 0;
    bool reading_ = false;          // an async_read is pending,
    bool writing_ = false;          // an async_write is,
    bool closing_ = false;          // an async_close is
    bool close_undecided_ = false;  // and it has not written its Close
    bool over_ = false;             // the application has been told how the connection ended
    bool broken_ = false;

    bool alive() const { return stream_ && !broken_; }

    void start_context()
    {
        work_.reset();
        // One thread: no locks.
        context_.emplace(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
        work_.emplace(context_->get_executor());
    }

    void drop_connection()
    {
        assertions_tell = false;
        ++generation_;
        stream_.reset();
        line_.peer.reset();
        if (!broken_) {
            // Operations that were pending complete as aborted, into handlers that no longer care.
            context_->poll();
        }
        reading_ = writing_ = closing_ = close_undecided_ = false;
        incoming_.clear();
    }

    void abandon()
    {
        assertions_tell = false;
        broken_ = true;
        ++generation_;
        line_.fin();
    }

    void read()
    {
        reading_ = true;
        stream_->async_read(incoming_, Done{this, generation_, &Endpoint::on_read});
    }

    void run()
    {
        assertions_tell = true;
        while (context_->poll_one() > 0) {
            if (steps_left_ == 0) {
                line_.tell(WSCLOSE_SPINNING);
                return abandon();
            }
            --steps_left_;
        }
        assertions_tell = false;
        if (over_ && !reading_ && !writing_ && !closing_) {
            // The program lets go of a stream whose operations are all done; Beast has closed it already
            // after a closing handshake, or after a protocol error.
            line_.fin();
            stream_->next_layer().close();
        }
        line_.drain();
    }

    void on_read(error_code ec)
    {
        reading_ = false;
        if (!ec) {
            auto const data = incoming_.data();
            line_.tell(stream_->got_text() ? WSCLOSE_TEXT : WSCLOSE_BINARY, data.data(), data.size());
            incoming_.consume(incoming_.size());
            if (!over_) {
                read();
            }
            return;
        }
        // A read that is pending when the application closes is aborted once the close is done, or because
        // the close failed: what became of the connection is told by that.
        if (ec == net::error::operation_aborted && (closing_ || over_)) {
            return;
        }
        end(ec);
    }

    void on_close(error_code ec)
    {
        closing_ = false;
        if (close_undecided_) {
            close_undecided_ = false;
            if (ec == net::error::operation_aborted) {
                return line_.say(WSCLOSE_REFUSED, ec.message());
            }
            line_.tell(WSCLOSE_ACCEPTED);
        }
        if (ec == net::error::operation_aborted && (reading_ || over_)) {
            return;
        }
        end(ec ? ec : error_code{websocket::error::closed});
    }

    void on_write(error_code ec)
    {
        writing_ = false;
        if (ec) {
            line_.say(WSCLOSE_REFUSED, ec.message());
        } else {
            line_.tell(WSCLOSE_ACCEPTED);
        }
    }

    void end(error_code ec)
    {
        if (over_) {
            return;
        }
        over_ = true;
        if (ec == websocket::error::closed) {
            auto const& why = stream_->reason();
            line_.tell(WSCLOSE_CLOSED, why.reason.data(), why.reason.size(), why.code);
        } else {
            line_.say(WSCLOSE_ERRORED, ec.message());
        }
    }
};

// An enumerator that the installed version does not have.
struct Missing {};

} // namespace

// For whichever of these the installed version does not have: found only where Beast's own is not.
static constexpr Missing reserved2, bad_gateway;

namespace boost {
namespace beast {
namespace websocket {
namespace wsclose {

struct Enumerator {
    char const* name = nullptr;
    std::uint16_t value = 0;

    Enumerator(char const* n, close_code c) : name(n), value(c) {}
    Enumerator(char const*, Missing) {}
};

static Enumerator const enumerators[] = {
#define WSCLOSE_ENUMERATOR(name) {#name, name}
    WSCLOSE_ENUMERATOR(none),
    WSCLOSE_ENUMERATOR(normal),
    WSCLOSE_ENUMERATOR(going_away),
    WSCLOSE_ENUMERATOR(protocol_error),
    WSCLOSE_ENUMERATOR(unknown_data),
    WSCLOSE_ENUMERATOR(reserved1),
    WSCLOSE_ENUMERATOR(no_status),
    WSCLOSE_ENUMERATOR(abnormal),
    WSCLOSE_ENUMERATOR(bad_payload),
    WSCLOSE_ENUMERATOR(policy_error),
    WSCLOSE_ENUMERATOR(too_big),
    WSCLOSE_ENUMERATOR(needs_extension),
    WSCLOSE_ENUMERATOR(internal_error),
    WSCLOSE_ENUMERATOR(service_restart),
    WSCLOSE_ENUMERATOR(try_again_later),
    WSCLOSE_ENUMERATOR(reserved2),
    WSCLOSE_ENUMERATOR(bad_gateway),
    WSCLOSE_ENUMERATOR(reserved3),
#undef WSCLOSE_ENUMERATOR
};

} // namespace wsclose
} // namespace websocket
} // namespace beast
} // namespace boost

extern "C" {

wsclose_endpoint* wsclose_beast_new(void) { return wsclose::make<Endpoint>(); }

int wsclose_beast_is_valid_close_code(uint16_t code) { return websocket::detail::is_valid_close_code(code); }

char const* wsclose_beast_close_code(size_t index, uint16_t* value)
{
    for (auto const& enumerator : websocket::wsclose::enumerators) {
        if (enumerator.name && index-- == 0) {
            *value = enumerator.value;
            return enumerator.name;
        }
    }
    return nullptr;
}

char const* wsclose_beast_version(void) { return BOOST_LIB_VERSION; }

} // extern "C"
