// Asynchronous echo server on Boost.Beast, based on its example websocket_server_async.cpp.
// Closing behavior of the program: on the text close:CODE:REASON it calls async_close with this code and reason and
// ignores exceptions. After any error it releases the stream. The library replies to a Close, fails connections and
// closes TCP. It also applies the timeouts that the example suggests.
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = boost::asio::ip::tcp;

struct Session : std::enable_shared_from_this<Session> {
    websocket::stream<beast::tcp_stream> socket;
    beast::flat_buffer buffer;

    explicit Session(tcp::socket tcp) : socket(std::move(tcp)) {}

    void accept() {
        socket.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
        socket.async_accept([self = shared_from_this()](beast::error_code error) {
            if (!error) self->read();
        });
    }

    void read() {
        buffer.consume(buffer.size());
        socket.async_read(buffer, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (!error) self->message();
        });
    }

    void message() {
        std::string text = socket.got_text() ? beast::buffers_to_string(buffer.data()) : std::string();
        if (text.rfind("close:", 0) == 0) return close(text.substr(6));
        socket.text(socket.got_text());
        socket.async_write(buffer.data(), [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (!error) self->read();
        });
    }

    void close(const std::string& command) {
        auto colon = command.find(':');
        std::string code = command.substr(0, colon);
        std::string reason = colon == std::string::npos ? "" : command.substr(colon + 1);
        try {
            websocket::close_reason why;  // No code.
            if (!code.empty()) why = {static_cast<websocket::close_code>(std::stoi(code)), reason};
            socket.async_close(why, [self = shared_from_this()](beast::error_code) {});
        } catch (const std::exception&) {
            read();  // Call refused: the connection stays as the library left it.
        }
    }
};

void listen(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](beast::error_code error, tcp::socket tcp) {
        if (!error) std::make_shared<Session>(std::move(tcp))->accept();
        listen(acceptor);
    });
}

int main(int, char** arguments) {
    boost::asio::io_context context;
    auto port = static_cast<unsigned short>(std::atoi(arguments[1]));
    tcp::acceptor acceptor(context, {boost::asio::ip::make_address("127.0.0.1"), port});
    listen(acceptor);
    std::puts("listening");
    std::fflush(stdout);
    context.run();
}
