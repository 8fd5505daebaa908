// Echo server on QWebSocketServer of Qt 6.
// Closing behavior of the program: on the text close:CODE:REASON it calls QWebSocket::close with this code and
// reason. The library replies to a Close, fails connections and closes TCP.
#include <QCoreApplication>
#include <QWebSocket>
#include <QWebSocketServer>
#include <cstdio>

static void message(QWebSocket* socket, const QString& text) {
    if (!text.startsWith("close:")) {
        socket->sendTextMessage(text);
        return;
    }
    QString code = text.section(':', 1, 1), reason = text.section(':', 2);
    if (code.isEmpty()) socket->close();
    else socket->close(static_cast<QWebSocketProtocol::CloseCode>(code.toInt()), reason);
}

int main(int count, char** arguments) {
    QCoreApplication application(count, arguments);
    QWebSocketServer server("echo", QWebSocketServer::NonSecureMode);
    QObject::connect(&server, &QWebSocketServer::newConnection, [&server] {
        QWebSocket* socket = server.nextPendingConnection();
        QObject::connect(socket, &QWebSocket::textMessageReceived, [socket](const QString& m) { message(socket, m); });
        QObject::connect(socket, &QWebSocket::binaryMessageReceived, socket, &QWebSocket::sendBinaryMessage);
        QObject::connect(socket, &QWebSocket::disconnected, socket, &QObject::deleteLater);
    });
    if (!server.listen(QHostAddress::LocalHost, QString(arguments[1]).toUShort())) return 1;
    std::puts("listening");
    std::fflush(stdout);
    return application.exec();
}
