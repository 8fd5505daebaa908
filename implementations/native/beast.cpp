// Boost.Beast's WebSocket stream over its own in-memory test stream, behind the C functions of shim.h.
// beast.rs documents which behavior is Beast's and which is that of this file.

#include "beast_wire.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/version.hpp>

namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

using Stream = websocket::stream<Wire>;

// How many ticks the teardown of a client waits for the server's FIN. A program sets such a limit, because Beast's own
// timeouts use real time and are off.
constexpr unsigned fin_timeout_ticks = 8;

// The budget of handlers for a connection, and for each received octet. It exceeds what the smallest frame needs
// several times.
constexpr std::size_t base_handlers = 10'000;
constexpr std::size_t handlers_per_octet = 8;

// The upgrade request to a server, with the key of RFC 6455 §1.3.
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

// An endpoint with the program around it. The program keeps an async_read pending, as Beast's examples do, and closes
// TCP when an operation fails.
class Endpoint final : public wsclose_endpoint {
public:
    Endpoint() { start_context(); }

    ~Endpoint() override { drop_connection(); }

    void connect(bool is_server) override
    {
        drop_connection();
        if (failed_) {
            // An exception or an endless loop may leave handlers of the last connection in the queue.
            start_context();
        }
        failed_ = reported_ = false;
        ticks_ = 0;
        steps_left_ = base_handlers;
        connection_.closed = connection_.reset = connection_.awaits_fin = false;
        connection_.peer.emplace(*context_);
        stream_.emplace(*context_, connection_);
        auto& wire = stream_->next_layer();
        connection_.peer->connect(wire);
        error_code ec;
        if (is_server) {
            stream_->accept(upgrade_request(), ec);
        } else {
            // The decorator runs before the request is written, so the response is ready when Beast reads it.
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
        // The opening handshake is not part of the trace.
        connection_.peer->clear();
        connection_.written = 0;
        read();
        run();
    }

    void octets(std::uint8_t const* data, std::size_t len) override
    {
        if (!alive() || connection_.closed || connection_.reset) {
            return;
        }
        steps_left_ += len * handlers_per_octet;
        error_code ec;
        net::write(*connection_.peer, net::const_buffer(data, len), ec);
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
        connection_.drain();
        connection_.reset = true;
        // Unread octets are lost. Writes fail without a peer.
        stream_->next_layer().clear();
        connection_.peer.reset();
        run();
    }

    void close(std::uint16_t code, char const* reason, std::size_t len) override
    {
        if (!alive()) {
            return connection_.record_text(WSCLOSE_UNSUPPORTED, "the endpoint has closed");
        }
        if (closing_) {
            return connection_.record_text(WSCLOSE_UNSUPPORTED, "already closing");
        }
        websocket::close_reason why;
        try {
            why = websocket::close_reason(static_cast<websocket::close_code>(code), {reason, len});
        } catch (std::length_error const& error) {
            return connection_.record_text(WSCLOSE_REQUEST_REFUSED, error.what());
        }
        closing_ = true;
        auto const before = connection_.written;
        assertions_throw = true;
        stream_->async_close(why, Done{this, generation_, &Endpoint::on_close});
        // Beast writes its Close within the call unless something else is being written.
        connection_.drain();
        close_undecided_ = connection_.written == before;
        if (!close_undecided_) {
            connection_.record(WSCLOSE_REQUEST_ACCEPTED);
        }
        run();
    }

    void send(bool is_text, std::uint8_t const* data, std::size_t len) override
    {
        if (!alive()) {
            return connection_.record_text(WSCLOSE_UNSUPPORTED, "the endpoint has closed");
        }
        if (writing_) {
            return connection_.record_text(WSCLOSE_UNSUPPORTED, "the message before is still being sent");
        }
        writing_ = true;
        outgoing_.assign(data, data + len);
        steps_left_ += len;
        assertions_throw = true;
        stream_->text(is_text);
        stream_->async_write(net::buffer(outgoing_), Done{this, generation_, &Endpoint::on_write});
        run();
    }

    void tick() override
    {
        if (alive() && connection_.awaits_fin && ++ticks_ == fin_timeout_ticks) {
            stream_->next_layer().close_remote();
            run();
        }
    }

    // An exception may leave operations incomplete, so nothing uses the connection afterwards.
    void on_exception(char const* message) override
    {
        connection_.record_text(WSCLOSE_PANICKED, message);
        abandon();
    }

private:
    // A completion handler that ignores calls after its connection was replaced.
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

    Connection connection_{log};
    std::optional<net::io_context> context_;
    std::optional<net::executor_work_guard<net::io_context::executor_type>> work_;
    std::optional<Stream> stream_;
    beast::flat_buffer incoming_;
    std::vector<std::uint8_t> outgoing_;
    std::uint64_t generation_ = 0;
    std::size_t steps_left_ = 0;
    unsigned ticks_ = 0;
    bool reading_ = false;          // an async_read is pending
    bool writing_ = false;          // an async_write is pending
    bool closing_ = false;          // an async_close is pending
    bool close_undecided_ = false;  // the pending async_close has not written its Close
    bool reported_ = false;         // the application received the outcome of the connection
    bool failed_ = false;

    bool alive() const { return stream_ && !failed_; }

    void start_context()
    {
        work_.reset();
        // One thread uses the context, so it needs no locks.
        context_.emplace(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
        work_.emplace(context_->get_executor());
    }

    void drop_connection()
    {
        assertions_throw = false;
        ++generation_;
        stream_.reset();
        connection_.peer.reset();
        if (!failed_) {
            // Pending operations complete as aborted. Their handlers ignore that.
            context_->poll();
        }
        reading_ = writing_ = closing_ = close_undecided_ = false;
        incoming_.clear();
    }

    void abandon()
    {
        assertions_throw = false;
        failed_ = true;
        ++generation_;
        connection_.fin();
    }

    void read()
    {
        reading_ = true;
        stream_->async_read(incoming_, Done{this, generation_, &Endpoint::on_read});
    }

    void run()
    {
        assertions_throw = true;
        while (context_->poll_one() > 0) {
            if (steps_left_ == 0) {
                connection_.record(WSCLOSE_HUNG);
                return abandon();
            }
            --steps_left_;
        }
        assertions_throw = false;
        if (reported_ && !reading_ && !writing_ && !closing_) {
            // The program destroys a stream whose operations have completed. Beast has already closed TCP after a
            // closing handshake and after a protocol error.
            connection_.fin();
            stream_->next_layer().close();
        }
        connection_.drain();
    }

    void on_read(error_code ec)
    {
        reading_ = false;
        if (!ec) {
            auto const data = incoming_.data();
            connection_.record(stream_->got_text() ? WSCLOSE_TEXT : WSCLOSE_BINARY, data.data(), data.size());
            incoming_.consume(incoming_.size());
            if (!reported_) {
                read();
            }
            return;
        }
        // async_close aborts a pending read when it completes or fails. Its own result then reports the outcome.
        if (ec == net::error::operation_aborted && (closing_ || reported_)) {
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
                return connection_.record_text(WSCLOSE_REQUEST_REFUSED, ec.message());
            }
            connection_.record(WSCLOSE_REQUEST_ACCEPTED);
        }
        if (ec == net::error::operation_aborted && (reading_ || reported_)) {
            return;
        }
        end(ec ? ec : error_code{websocket::error::closed});
    }

    void on_write(error_code ec)
    {
        writing_ = false;
        if (ec) {
            connection_.record_text(WSCLOSE_REQUEST_REFUSED, ec.message());
        } else {
            connection_.record(WSCLOSE_REQUEST_ACCEPTED);
        }
    }

    void end(error_code ec)
    {
        if (reported_) {
            return;
        }
        reported_ = true;
        if (ec == websocket::error::closed) {
            auto const& why = stream_->reason();
            connection_.record(WSCLOSE_CLOSED, why.reason.data(), why.reason.size(), why.code);
        } else {
            connection_.record_text(WSCLOSE_ERROR_REPORTED, ec.message());
        }
    }
};

// The type of an enumerator that the installed version lacks.
struct Missing {};

} // namespace

// Name lookup finds these only if Beast does not declare them.
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
