// Echo server on `faye-websocket`.
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// It prints what the library's `close` event reports, with the path of the request. The library does not report whether
// the close was clean. It replies to a Close, fails connections and closes TCP.
"use strict";
const http = require("node:http");
const WebSocket = require("./.env/npm/faye-websocket/node_modules/faye-websocket");

const server = http.createServer((request, response) => response.writeHead(404).end());
server.on("upgrade", (request, socket, body) => {
  socket.on("error", () => {});
  if (!WebSocket.isWebSocket(request)) {
    socket.destroy();
    return;
  }
  const ws = new WebSocket(request, socket, body);
  ws.on("error", () => {});
  ws.on("close", (event) => {
    console.log(`closed ${event.code} ${JSON.stringify(event.reason)} unknown ${request.url}`);
  });
  ws.on("message", (event) => {
    const command = typeof event.data === "string" ? /^close:([^:]*):?(.*)$/s.exec(event.data) : null;
    if (command === null) {
      ws.send(event.data);
      return;
    }
    try {
      if (command[1] === "") ws.close();
      else ws.close(Number(command[1]), command[2]);
    } catch {
      // Call refused: the connection stays as the library left it.
    }
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
