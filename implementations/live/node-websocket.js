// Echo server on `websocket` (WebSocket-Node).
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// The library replies to a Close, fails connections and closes TCP.
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
    const command = /^close:([^:]*):?(.*)$/s.exec(message.utf8Data);
    if (command === null) {
      connection.sendUTF(message.utf8Data);
      return;
    }
    try {
      if (command[1] === "") connection.close();
      else connection.close(Number(command[1]), command[2]);
    } catch {
      // Call refused: the connection stays as the library left it.
    }
  });
});
httpServer.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
