// wslay's event-based API with callbacks over memory, behind the C functions of shim.h. wslay.rs documents which
// behavior is the library's and which is that of this file.

#include "endpoint.hpp"

#include <wslay/wslay.h>
#include <wslay/wslayver.h>

#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <mutex>
#include <new>
#include <random>
#include <stdexcept>

namespace {

// How many ticks the program of a client waits for the server's FIN after the closing handshake.
constexpr unsigned fin_timeout_ticks = 8;

// The budget of callbacks for a stimulus, and for each received octet.
constexpr std::size_t base_calls = 10'000;
constexpr std::size_t calls_per_octet = 8;

// Where execution continues after a failed assertion of wslay, which calls `abort`.
thread_local sigjmp_buf* landing = nullptr;

struct sigaction previous;

void on_abort(int signal)
{
    if (landing) {
        siglongjmp(*landing, 1);
    }
    // The signal does not come from wslay. Restores the previous handler, and `abort` raises the signal again.
    sigaction(signal, &previous, nullptr);
}

void install_abort_handler()
{
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action {};
        action.sa_handler = on_abort;
        sigemptyset(&action.sa_mask);
        sigaction(SIGABRT, &action, &previous);
    });
}

class Endpoint final : public wsclose_endpoint {
public:
    Endpoint() { install_abort_handler(); }

    ~Endpoint() override { drop(); }

    void connect(bool is_server) override
    {
        drop();
        is_server_ = is_server;
        incoming_.clear();
        taken_ = ticks_ = 0;
        peer_gone_ = reported_ = awaits_fin_ = closed_ = failed_ = hung_ = false;
        wslay_event_callbacks callbacks{};
        callbacks.recv_callback = receive;
        callbacks.send_callback = transmit;
        callbacks.genmask_callback = mask;
        callbacks.on_msg_recv_callback = deliver;
        auto const init = is_server ? wslay_event_context_server_init : wslay_event_context_client_init;
        if (init(&context_, &callbacks, this) != 0) {
            throw std::bad_alloc();
        }
    }

    void octets(std::uint8_t const* data, std::size_t len) override
    {
        if (alive() && !peer_gone_) {
            incoming_.erase(incoming_.begin(), incoming_.begin() + static_cast<std::ptrdiff_t>(taken_));
            taken_ = 0;
            incoming_.insert(incoming_.end(), data, data + len);
            run();
        }
    }

    void peer_fin() override
    {
        peer_gone_ = true;
        run();
    }

    void peer_reset() override
    {
        incoming_.clear();
        taken_ = 0;
        peer_fin();
    }

    void close(std::uint16_t code, char const* reason, std::size_t len) override
    {
        request([&] {
            return wslay_event_queue_close(context_, code, reinterpret_cast<std::uint8_t const*>(reason), len);
        });
    }

    void send(bool is_text, std::uint8_t const* data, std::size_t len) override
    {
        wslay_event_msg const message{
            static_cast<std::uint8_t>(is_text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME), data, len};
        request([&] { return wslay_event_queue_msg(context_, &message); });
    }

    void tick() override
    {
        if (alive() && awaits_fin_ && ++ticks_ == fin_timeout_ticks) {
            fin();
        }
    }

    void on_exception(char const* message) override
    {
        log.add_text(WSCLOSE_PANICKED, message);
        // The context may be inconsistent, so it is neither used nor freed.
        context_ = nullptr;
        fin();
    }

private:
    wslay_event_context_ptr context_ = nullptr;
    std::vector<std::uint8_t> incoming_;
    std::size_t taken_ = 0;         // how many of these octets wslay has read
    std::size_t calls_left_ = 0;
    std::mt19937 keys_;
    unsigned ticks_ = 0;
    bool is_server_ = false;
    bool peer_gone_ = false;        // by FIN or reset
    bool reported_ = false;         // the application received the outcome of the connection
    bool awaits_fin_ = false;
    bool closed_ = false;           // this end closed TCP
    bool failed_ = false;           // wslay returned an error that requires closing TCP
    bool hung_ = false;

    bool alive() const { return context_ && !closed_; }

    void drop()
    {
        wslay_event_context_free(context_);
        context_ = nullptr;
    }

    void fin()
    {
        if (!closed_) {
            closed_ = true;
            log.add(WSCLOSE_FIN);
        }
    }

    // Calls wslay. No object with a destructor may be alive between this frame and wslay, because of siglongjmp.
    template<class Call>
    int guarded(Call call)
    {
        calls_left_ = base_calls + calls_per_octet * (incoming_.size() - taken_);
        sigjmp_buf place;
        if (sigsetjmp(place, 1) != 0) {
            landing = nullptr;
            throw std::logic_error("aborted by an assertion of wslay, which is printed on standard error");
        }
        landing = &place;
        int const result = call();
        landing = nullptr;
        return result;
    }

    template<class Call>
    void request(Call call)
    {
        if (!alive()) {
            return log.add_text(WSCLOSE_UNSUPPORTED, "the endpoint has closed");
        }
        int const result = guarded(call);
        if (result == 0) {
            run();
            log.add(WSCLOSE_REQUEST_ACCEPTED);
        } else {
            log.add_text(WSCLOSE_REQUEST_REFUSED, error_name(result));
        }
    }

    // Runs the loop of wslay's tutorial until the endpoint is idle.
    void run()
    {
        if (!alive()) {
            return;
        }
        if (awaits_fin_) {
            return peer_gone_ ? fin() : void();
        }
        // One call reads all octets.
        bool const has_input = taken_ < incoming_.size() || peer_gone_;
        if (has_input && wslay_event_want_read(context_)) {
            failed(guarded([this] { return wslay_event_recv(context_); }));
            if (!failed_ && !hung_ && !wslay_event_want_read(context_) &&
                !wslay_event_get_close_received(context_)) {
                log.add_text(WSCLOSE_ERROR_REPORTED, "reading was disabled without a Close");
            }
        }
        if (wslay_event_want_write(context_) && !(failed_ && peer_gone_)) {
            failed(guarded([this] { return wslay_event_send(context_); }));
        }
        if (hung_) {
            log.add(WSCLOSE_HUNG);
            return fin();
        }
        if (failed_ || (!wslay_event_want_read(context_) && !wslay_event_want_write(context_))) {
            finish();
        }
    }

    void failed(int result)
    {
        if (result != 0 && !hung_) {
            failed_ = true;
            log.add_text(WSCLOSE_ERROR_REPORTED, error_name(result));
        }
    }

    void finish()
    {
        if (!reported_) {
            reported_ = true;
            log.add(WSCLOSE_CLOSED, nullptr, 0, wslay_event_get_status_code_received(context_));
        }
        bool const handshake_done =
            wslay_event_get_close_received(context_) && wslay_event_get_close_sent(context_);
        awaits_fin_ = !is_server_ && handshake_done && !failed_ && !peer_gone_;
        if (!awaits_fin_) {
            fin();
        }
    }

    static std::string error_name(int result)
    {
        switch (result) {
        case WSLAY_ERR_INVALID_ARGUMENT:
            return "WSLAY_ERR_INVALID_ARGUMENT";
        case WSLAY_ERR_NO_MORE_MSG:
            return "WSLAY_ERR_NO_MORE_MSG";
        case WSLAY_ERR_CALLBACK_FAILURE:
            return "WSLAY_ERR_CALLBACK_FAILURE";
        case WSLAY_ERR_NOMEM:
            return "WSLAY_ERR_NOMEM";
        default:
            return "wslay error " + std::to_string(result);
        }
    }

    // Counts a callback. Returns true if the budget is exhausted, which ends an endless loop of wslay.
    bool exceeds_budget()
    {
        if (calls_left_ == 0) {
            hung_ = true;
            wslay_event_set_error(context_, WSLAY_ERR_CALLBACK_FAILURE);
            return true;
        }
        --calls_left_;
        return false;
    }

    static ssize_t receive(wslay_event_context_ptr context, std::uint8_t* into, std::size_t len, int, void* self)
    {
        auto& endpoint = *static_cast<Endpoint*>(self);
        if (endpoint.exceeds_budget()) {
            return -1;
        }
        auto const count = std::min(len, endpoint.incoming_.size() - endpoint.taken_);
        if (count == 0) {
            wslay_event_set_error(context, endpoint.peer_gone_ ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        std::copy_n(endpoint.incoming_.data() + endpoint.taken_, count, into);
        endpoint.taken_ += count;
        return static_cast<ssize_t>(count);
    }

    static ssize_t transmit(wslay_event_context_ptr, std::uint8_t const* data, std::size_t len, int, void* self)
    {
        auto& endpoint = *static_cast<Endpoint*>(self);
        if (endpoint.exceeds_budget()) {
            return -1;
        }
        endpoint.log.add(WSCLOSE_SENT, data, len);
        return static_cast<ssize_t>(len);
    }

    static int mask(wslay_event_context_ptr, std::uint8_t* into, std::size_t len, void* self)
    {
        auto& keys = static_cast<Endpoint*>(self)->keys_;
        std::generate_n(into, len, [&] { return static_cast<std::uint8_t>(keys()); });
        return 0;
    }

    static void deliver(wslay_event_context_ptr, wslay_event_on_msg_recv_arg const* message, void* self)
    {
        auto& endpoint = *static_cast<Endpoint*>(self);
        if (message->opcode == WSLAY_TEXT_FRAME) {
            endpoint.log.add(WSCLOSE_TEXT, message->msg, message->msg_length);
        } else if (message->opcode == WSLAY_BINARY_FRAME) {
            endpoint.log.add(WSCLOSE_BINARY, message->msg, message->msg_length);
        } else if (message->opcode == WSLAY_CONNECTION_CLOSE && !endpoint.reported_) {
            endpoint.reported_ = true;
            // The reason follows the code.
            auto const skipped = std::min<std::size_t>(message->msg_length, 2);
            endpoint.log.add(WSCLOSE_CLOSED, message->msg + skipped, message->msg_length - skipped,
                             message->status_code);
        }
    }
};

} // namespace

extern "C" {

wsclose_endpoint* wsclose_wslay_new(void) { return wsclose::make<Endpoint>(); }

char const* wsclose_wslay_version(void) { return WSLAY_VERSION; }

} // extern "C"
