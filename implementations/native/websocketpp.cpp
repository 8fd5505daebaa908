// WebSocket++ over its own iostream transport, which performs no I/O, behind the C functions of shim.h. websocketpp.rs
// documents which behavior is the library's and which is that of this file.

// Uses std::shared_ptr and similar types of the standard library, and not those of Boost.
#define _WEBSOCKETPP_CPP11_STL_

#include "endpoint.hpp"

#include <websocketpp/base64/base64.hpp>
#include <websocketpp/client.hpp>
#include <websocketpp/close.hpp>
#include <websocketpp/config/core.hpp>
#include <websocketpp/config/core_client.hpp>
#include <websocketpp/processors/base.hpp>
#include <websocketpp/server.hpp>
#include <websocketpp/sha1/sha1.hpp>
#include <websocketpp/utf8_validator.hpp>
#include <websocketpp/version.hpp>

#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace ws = websocketpp;
namespace status = websocketpp::close::status;
using ws::lib::error_code;

namespace {

// The duration of a tick. The library's own timeout of five seconds for a closing handshake is eight ticks.
constexpr long milliseconds_per_tick = 625;

// A timer that the harness's ticks drive.
struct Timer {
    long left;
    ws::transport::timer_handler expire;

    void cancel() { expire = nullptr; }
};

// The iostream transport with timers. Its own timers never expire, as its documentation states.
template<class Config>
class Transport : public ws::transport::iostream::connection<Config> {
public:
    using timer_ptr = std::shared_ptr<Timer>;
    using ws::transport::iostream::connection<Config>::connection;

    timer_ptr set_timer(long milliseconds, ws::transport::timer_handler expire)
    {
        timers_.push_back(std::make_shared<Timer>(Timer{milliseconds, std::move(expire)}));
        return timers_.back();
    }

    void pass(long milliseconds)
    {
        // A timer that expires may set others.
        auto const running = timers_;
        for (auto const& timer : running) {
            timer->left -= milliseconds;
            if (timer->left <= 0 && timer->expire) {
                auto const expire = std::exchange(timer->expire, nullptr);
                expire(error_code());
            }
        }
    }

    // Timers own their connection.
    void forget_timers()
    {
        for (auto const& timer : std::exchange(timers_, {})) {
            timer->cancel();
        }
    }

private:
    std::vector<timer_ptr> timers_;
};

template<class Config>
struct TransportEndpoint : ws::transport::iostream::endpoint<Config> {
    using transport_con_type = Transport<Config>;
};

// The source of masking keys. The library's default reads the processor's random numbers, which repeat on processors
// with a faulty RDSEED instruction: two frames in a row would have the same key. A fixed seed makes runs repeatable, too.
class KeyGenerator {
public:
    std::uint32_t operator()() { return engine_(); }

private:
    std::mt19937 engine_;
};

// The library's default configuration for a role, with timers and masking keys of the harness, and without logs.
template<class Base>
struct Quiet : Base {
    using rng_type = KeyGenerator;
    using transport_type = TransportEndpoint<typename Base::transport_config>;
    static ws::log::level const elog_level = ws::log::elevel::none;
    static ws::log::level const alog_level = ws::log::alevel::none;
};

using Server = ws::server<Quiet<ws::config::core>>;
using Client = ws::client<Quiet<ws::config::core_client>>;

// The upgrade request to a server, with the key of RFC 6455 §1.3.
constexpr char request[] =
    "GET / HTTP/1.1\r\nHost: wsclose\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// Returns the response to the upgrade request of a client.
std::string response_to(std::string const& written)
{
    std::string const field = "Sec-WebSocket-Key: ";
    auto const start = written.find(field) + field.size();
    auto const key = written.substr(start, written.find("\r\n", start) - start) +
                     "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[20];
    ws::sha1::calc(key.data(), key.size(), digest);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           ws::base64_encode(digest, sizeof digest) + "\r\n\r\n";
}

// A connection in one role with the program around it. `Observer` receives its events.
template<class Role, class Observer>
class Side {
public:
    explicit Side(Observer& observer) : observer_(observer)
    {
        endpoint_.set_message_handler([this](ws::connection_hdl, typename Role::message_ptr message) {
            observer_.deliver(message->get_opcode() == ws::frame::opcode::text, message->get_payload());
        });
        endpoint_.set_close_handler([this](ws::connection_hdl) {
            observer_.ended(*connection_);
        });
        endpoint_.set_write_handler([this](ws::connection_hdl, char const* data, std::size_t len) {
            return observer_.write(data, len);
        });
        endpoint_.set_shutdown_handler([this](ws::connection_hdl) {
            observer_.fin();
            return error_code();
        });
    }

    ~Side() { drop(); }

    // Opens a new connection with the opening handshake.
    void start()
    {
        if constexpr (std::is_same_v<Role, Server>) {
            connection_ = endpoint_.get_connection();
            connection_->start();
            connection_->read_all(request, sizeof request - 1);
        } else {
            error_code ec;
            connection_ = endpoint_.get_connection("ws://wsclose/", ec);
            endpoint_.connect(connection_);
            auto const response = response_to(observer_.handshake());
            connection_->read_all(response.data(), response.size());
        }
    }

    void drop()
    {
        if (connection_) {
            connection_->forget_timers();
            // A pending read also owns the connection. The handlers are removed so that its end is not recorded.
            connection_->set_close_handler(nullptr);
            connection_->set_fail_handler(nullptr);
            connection_->set_shutdown_handler(nullptr);
            connection_->fatal_error();
            connection_.reset();
        }
    }

    typename Role::connection_ptr const& connection() const { return connection_; }

private:
    Observer& observer_;
    Role endpoint_;
    typename Role::connection_ptr connection_;
};

class Endpoint final : public wsclose_endpoint {
public:
    void connect(bool is_server) override
    {
        server_.drop();
        client_.drop();
        is_server_ = is_server;
        closed_ = reset_ = failed_ = false;
        requested_ = status::blank;
        opening_ = true;
        handshake_.clear();
        if (is_server) {
            server_.start();
        } else {
            client_.start();
        }
        opening_ = false;
        bool open = false;
        each([&](auto& connection) { open = connection->get_state() == ws::session::state::open; });
        if (!open) {
            throw std::logic_error("the opening handshake failed: " + handshake_);
        }
    }

    void octets(std::uint8_t const* data, std::size_t len) override
    {
        each([=](auto& connection) { connection->read_all(reinterpret_cast<char const*>(data), len); });
    }

    void peer_fin() override
    {
        each([](auto& connection) { connection->eof(); });
    }

    void peer_reset() override
    {
        reset_ = true;
        each([](auto& connection) { connection->fatal_error(); });
    }

    void close(std::uint16_t code, char const* reason, std::size_t len) override
    {
        request([=](auto& connection) {
            error_code ec;
            auto const before = std::exchange(requested_, code);
            connection->close(code == 0 ? status::blank : code, std::string(reason, len), ec);
            if (ec) {
                requested_ = before;
            }
            return ec;
        });
    }

    void send(bool is_text, std::uint8_t const* data, std::size_t len) override
    {
        auto const opcode = is_text ? ws::frame::opcode::text : ws::frame::opcode::binary;
        request([=](auto& connection) { return connection->send(data, len, opcode); });
    }

    void tick() override
    {
        each([](auto& connection) { connection->pass(milliseconds_per_tick); });
    }

    void on_exception(char const* message) override
    {
        log.add_text(WSCLOSE_PANICKED, message);
        failed_ = true;
        fin();
    }

    // The functions that `Side` calls.

    error_code write(char const* data, std::size_t len)
    {
        if (opening_) {
            handshake_.append(data, len);
            return error_code();
        }
        if (closed_ || reset_) {
            return ws::transport::error::make_error_code(ws::transport::error::pass_through);
        }
        log.add(WSCLOSE_SENT, data, len);
        return error_code();
    }

    std::string const& handshake() const { return handshake_; }

    void deliver(bool is_text, std::string const& payload)
    {
        log.add_text(is_text ? WSCLOSE_TEXT : WSCLOSE_BINARY, payload);
    }

    template<class Connection>
    void ended(Connection const& connection)
    {
        auto const local = connection.get_local_close_code();
        auto const& local_reason = connection.get_local_close_reason();
        auto const remote = connection.get_remote_close_code();
        auto const& reason = connection.get_remote_close_reason();
        // Neither the application nor the peer chose this code.
        bool const is_failure = status::terminal(local) && local != requested_ &&
                            !(local == remote && local_reason == reason);
        if (is_failure) {
            log.add_text(WSCLOSE_ERROR_REPORTED, std::to_string(local) + " " + local_reason);
        } else if (connection.get_ec() && !(received(remote) && ws::utf8_validator::validate(reason))) {
            log.add_text(WSCLOSE_ERROR_REPORTED, connection.get_ec().message());
        }
        log.add(WSCLOSE_CLOSED, reason.data(), reason.size(), remote);
    }

    // Whether a Close was received. Only codes that WebSocket++ considers valid count.
    static bool received(status::value code)
    {
        return code == status::no_status || (!status::invalid(code) && !status::reserved(code));
    }

    void fin()
    {
        if (!closed_) {
            closed_ = true;
            log.add(WSCLOSE_FIN);
        }
    }

private:
    Side<Server, Endpoint> server_{*this};
    Side<Client, Endpoint> client_{*this};
    std::string handshake_;     // written before the connection was open
    status::value requested_ = status::blank;   // the code that the application requested, if any
    bool is_server_ = false;
    bool opening_ = false;
    bool closed_ = false;       // this end closed TCP
    bool reset_ = false;        // the peer reset it
    bool failed_ = false;       // an exception was thrown

    // Applies a stimulus of the peer, or a tick, unless this end has closed TCP.
    template<class Work>
    void each(Work work)
    {
        if (closed_) {
            return;
        }
        // A handler may release the connection, so this copy keeps it alive.
        if (is_server_) {
            auto connection = server_.connection();
            work(connection);
        } else {
            auto connection = client_.connection();
            work(connection);
        }
    }

    // Passes a request of the application to the library, also after the connection has ended.
    template<class Work>
    void request(Work work)
    {
        if (failed_) {
            return log.add_text(WSCLOSE_UNSUPPORTED, "the endpoint has closed");
        }
        auto server = server_.connection();
        auto client = client_.connection();
        auto const ec = is_server_ ? work(server) : work(client);
        if (ec) {
            log.add_text(WSCLOSE_REQUEST_REFUSED, ec.message());
        } else {
            log.add(WSCLOSE_REQUEST_ACCEPTED);
        }
    }
};

} // namespace

extern "C" {

wsclose_endpoint* wsclose_websocketpp_new(void) { return wsclose::make<Endpoint>(); }

char const* wsclose_websocketpp_version(void)
{
    static auto const version = std::to_string(ws::major_version) + "." + std::to_string(ws::minor_version) + "." +
                                std::to_string(ws::patch_version) + ws::prerelease_flag;
    return version.c_str();
}

int wsclose_websocketpp_is_invalid(uint16_t code) { return status::invalid(code); }

int wsclose_websocketpp_is_reserved(uint16_t code) { return status::reserved(code); }

} // extern "C"
