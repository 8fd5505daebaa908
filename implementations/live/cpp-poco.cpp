// Echo server on POCO, based on its sample WebSocketServer.
// POCO passes every frame to the program, including control frames.
// Closing behavior of the program, as in the sample: it sends a Close back with the received payload and leaves its
// loop, and the library then closes TCP. After an exception, it leaves the loop without a Close. Unlike the sample,
// it sets FIN and no reserved bit in that Close, and it echoes only text and binary messages. It replies to a Ping.
// It does not reply to the reply to its own Close. On the text close:CODE:REASON it calls shutdown(CODE, REASON). An
// exception ends only this call.
#include <Poco/Buffer.h>
#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/WebSocket.h>
#include <Poco/ThreadPool.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

using namespace Poco::Net;

static bool close(WebSocket& socket, const std::string& command) {
    auto colon = command.find(':');
    std::string code = command.substr(0, colon);
    std::string reason = colon == std::string::npos ? "" : command.substr(colon + 1);
    try {
        if (code.empty()) socket.shutdown();
        else socket.shutdown(static_cast<Poco::UInt16>(std::stoi(code)), reason);
        return true;
    } catch (const std::exception&) {
        return false;  // Call refused: the connection stays as the library left it.
    }
}

struct Echo : HTTPRequestHandler {
    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        try {
            WebSocket socket(request, response);
            bool closing = false, begun = false;
            for (;;) {
                int flags = 0;
                Poco::Buffer<char> frame(0);
                int n = socket.receiveFrame(frame, flags);
                int opcode = flags & WebSocket::FRAME_OP_BITMASK;
                if (n == 0 && flags == 0) return;
                if (opcode == WebSocket::FRAME_OP_CLOSE) {
                    if (!closing) socket.sendFrame(frame.begin(), n, WebSocket::FRAME_FLAG_FIN | opcode);
                    return;
                }
                std::string payload(frame.begin(), n);
                bool whole_text = opcode == WebSocket::FRAME_OP_TEXT && (flags & WebSocket::FRAME_FLAG_FIN);
                if (closing || opcode == WebSocket::FRAME_OP_PONG) continue;
                if (opcode == WebSocket::FRAME_OP_PING)
                    socket.sendFrame(frame.begin(), n, WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_PONG);
                else if (whole_text && payload.rfind("close:", 0) == 0) closing = close(socket, payload.substr(6));
                else if (begun ? opcode == WebSocket::FRAME_OP_CONT
                               : opcode == WebSocket::FRAME_OP_TEXT || opcode == WebSocket::FRAME_OP_BINARY) {
                    socket.sendFrame(frame.begin(), n, (flags & WebSocket::FRAME_FLAG_FIN) | opcode);
                    begun = !(flags & WebSocket::FRAME_FLAG_FIN);
                }
            }
        } catch (const Poco::Exception&) {
        }
    }
};

struct Factory : HTTPRequestHandlerFactory {
    HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override { return new Echo; }
};

int main(int, char** arguments) {
    Poco::ThreadPool threads(2, 256);
    auto* parameters = new HTTPServerParams;
    parameters->setMaxThreads(256);
    ServerSocket listener(SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(std::atoi(arguments[1]))));
    HTTPServer server(new Factory, threads, listener, parameters);
    server.start();
    std::puts("listening");
    std::fflush(stdout);
    pause();
}
