// wslay's event-based API with callbacks over memory, behind the C functions of shim.h. What is the
// library's doing and what is this file's is written at the top of wslay.rs.

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

// How long the program of a client waits for the server's FIN once the closing handshake is done.
constexpr unsigned patience = 8;

// The calls back that any stimulus may lead to, and those that each octet received may.
constexpr std::size_t free_calls = 10'000;
constexpr std::size_t calls_per_octet = 8;

// Where to go on when an assertion of wslay's, which is C and compiled, aborts the process.
thread_local sigjmp_buf* landing = nullptr;

struct sigaction before;

void on_abort(int signal)
{
    if (landing) {
        siglongjmp(*landing, 1);
    }
    // Not wslay's: whoever was there before may have it, from where `abort` raises it again.
    sigaction(signal, &before, nullptr);
}

void watch_aborts()
{
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action {};
        action.sa_handler = on_abort;
        sigemptyset(&action.sa_mask);
        sigaction(SIGABRT, &action, &before);
    });
}

class Endpoint final : public wsclose_endpoint {
public:
    Endpoint() { watch_aborts(); }

    ~Endpoint() override { drop(); }

    void connect(bool is_server) override
    {
        drop();
        is_server_ = is_server;
        incoming_.clear();
        taken_ = ticks_ = 0;
        peer_gone_ = told_ = awaits_fin_ = closed_ = failed_ = spinning_ = false;
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
        asked([&] {
            return wslay_event_queue_close(context_, code, reinterpret_cast<std::uint8_t const*>(reason), len);
        });
    }

    void send(bool is_text, std::uint8_t const* data, std::size_t len) override
    {
        wslay_event_msg const message{
            static_cast<std::uint8_t>(is_text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME), data, len};
        asked([&] { return wslay_event_queue_msg(context_, &message); });
    }

    void tick() override
    {
        if (alive() && awaits_fin_ && ++ticks_ == patience) {
            fin();
        }
    }

    void broke(char const* words) override
    {
        log.say(WSCLOSE_PANICKED, words);
        // Half done, and perhaps damaged: it is neither used nor freed.
        context_ = nullptr;
        fin();
    }

private:
    wslay_event_context_ptr context_ = nullptr;
    std::vector<std::uint8_t> incoming_;
    std::size_t taken_ = 0;         // how many of them wslay has read
    std::size_t calls_left_ = 0;
    std::mt19937 keys_{std::random_device{}()};
    unsigned ticks_ = 0;
    bool is_server_ = false;
    bool peer_gone_ = false;        // by FIN or reset
    bool told_ = false;             // the application has been told how the connection closed
    bool awaits_fin_ = false;
    bool closed_ = false;           // this end closed TCP
    bool failed_ = false;           // a function of wslay's said that the connection must be closed
    bool spinning_ = false;

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

    // Calls wslay. Nothing with a destructor may stand between here and there.
    template<class Call>
    int guarded(Call call)
    {
        calls_left_ = free_calls + calls_per_octet * (incoming_.size() - taken_);
        sigjmp_buf place;
        if (sigsetjmp(place, 1) != 0) {
            landing = nullptr;
            throw std::logic_error("aborted: an assertion of wslay's, which is on standard error");
        }
        landing = &place;
        int const result = call();
        landing = nullptr;
        return result;
    }

    template<class Call>
    void asked(Call call)
    {
        if (!alive()) {
            return log.say(WSCLOSE_NOT_ASKED, "the endpoint is gone");
        }
        int const result = guarded(call);
        if (result == 0) {
            run();
            log.add(WSCLOSE_ACCEPTED);
        } else {
            log.say(WSCLOSE_REFUSED, words(result));
        }
    }

    // The loop of wslay's tutorial, until nothing more can happen.
    void run()
    {
        if (!alive()) {
            return;
        }
        if (awaits_fin_) {
            return peer_gone_ ? fin() : void();
        }
        // One call takes all that there is.
        bool const news = taken_ < incoming_.size() || peer_gone_;
        if (news && wslay_event_want_read(context_)) {
            failed(guarded([this] { return wslay_event_recv(context_); }));
            if (!failed_ && !spinning_ && !wslay_event_want_read(context_) &&
                !wslay_event_get_close_received(context_)) {
                log.say(WSCLOSE_ERRORED, "reading was disabled without a Close");
            }
        }
        if (wslay_event_want_write(context_) && !(failed_ && peer_gone_)) {
            failed(guarded([this] { return wslay_event_send(context_); }));
        }
        if (spinning_) {
            log.add(WSCLOSE_SPINNING);
            return fin();
        }
        if (failed_ || (!wslay_event_want_read(context_) && !wslay_event_want_write(context_))) {
            finish();
        }
    }

    void failed(int result)
    {
        if (result != 0 && !spinning_) {
            failed_ = true;
            log.say(WSCLOSE_ERRORED, words(result));
        }
    }

    void finish()
    {
        if (!told_) {
            told_ = true;
            log.add(WSCLOSE_CLOSED, nullptr, 0, wslay_event_get_status_code_received(context_));
        }
        bool const handshake_done =
            wslay_event_get_close_received(context_) && wslay_event_get_close_sent(context_);
        awaits_fin_ = !is_server_ && handshake_done && !failed_ && !peer_gone_;
        if (!awaits_fin_) {
            fin();
        }
    }

    static std::string words(int result)
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

    // Each call back is counted, so that none of wslay's loops is endless.
    bool called_too_often()
    {
        if (calls_left_ == 0) {
            spinning_ = true;
            wslay_event_set_error(context_, WSLAY_ERR_CALLBACK_FAILURE);
            return true;
        }
        --calls_left_;
        return false;
    }

    static ssize_t receive(wslay_event_context_ptr context, std::uint8_t* into, std::size_t len, int, void* self)
    {
        auto& endpoint = *static_cast<Endpoint*>(self);
        if (endpoint.called_too_often()) {
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
        if (endpoint.called_too_often()) {
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
        } else if (message->opcode == WSLAY_CONNECTION_CLOSE && !endpoint.told_) {
            endpoint.told_ = true;
            // Behind the code stands the reason.
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
