// Echo server on `websocket` (WebSocket-Node).
// Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
// throws is dropped. Answering a Close, failing a connection and closing TCP are the library's.
"use strict";
const http = require("node:http");
const { server: WebSocketServer } = require("./.env/npm/websocket/node_modules/websocket");

const httpServer = http.createServer((request, response) => response.writeHead(404).end());
const server = new WebSocketServer({ httpServer, autoAcceptConnections: false });
server.on("request", (request) => {
  const connection = request.accept(null, request.origin);
  connection.on("error", () => {});
  connection.on("message", (message) => {
    if (message.type === "binary") {
      connection.sendBytes(message.binaryData);
      return;
    }
    const asked = /^close:([^:]*):?(.*)$/s.exec(message.utf8Data);
    if (asked === null) {
      connection.sendUTF(message.utf8Data);
      return;
    }
    try {
      if (asked[1] === "") connection.close();
      else connection.close(Number(asked[1]), asked[2]);
    } catch {
      // Refused: the connection stays as the library left it.
    }
  });
});
httpServer.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
