// Echo server on WebSocket++, based on its example echo_server.
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// If CODE is empty, it passes the library's no_status. The library replies to a Close, fails connections and closes
// TCP.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

using Server = websocketpp::server<websocketpp::config::asio>;
namespace status = websocketpp::close::status;

void close(Server& server, websocketpp::connection_hdl connection, const std::string& command) {
    auto colon = command.find(':');
    std::string code = command.substr(0, colon);
    std::string reason = colon == std::string::npos ? "" : command.substr(colon + 1);
    try {
        if (code.empty()) server.close(connection, status::no_status, "");
        else server.close(connection, static_cast<status::value>(std::stoi(code)), reason);
    } catch (const std::exception&) {
        // Call refused: the connection stays as the library left it.
    }
}

int main(int, char** arguments) {
    Server server;
    server.clear_access_channels(websocketpp::log::alevel::all);
    server.clear_error_channels(websocketpp::log::elevel::all);
    server.set_reuse_addr(true);
    server.init_asio();
    server.set_message_handler([&server](websocketpp::connection_hdl connection, Server::message_ptr message) {
        bool text = message->get_opcode() == websocketpp::frame::opcode::text;
        if (text && message->get_payload().rfind("close:", 0) == 0) {
            close(server, connection, message->get_payload().substr(6));
            return;
        }
        websocketpp::lib::error_code error;
        server.send(connection, message->get_payload(), message->get_opcode(), error);
    });
    server.listen("127.0.0.1", arguments[1]);
    server.start_accept();
    std::puts("listening");
    std::fflush(stdout);
    server.run();
}
