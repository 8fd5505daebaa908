// Echo server on `ws`.
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// It prints what the `close` event of the library's WebSocket-like interface reports, with the path of the request.
// The library replies to a Close, fails connections and closes TCP.
"use strict";
const { WebSocketServer } = require("./.env/npm/ws/node_modules/ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]) });
server.on("listening", () => console.log("listening"));
server.on("connection", (socket, request) => {
  socket.on("error", () => {});
  socket.addEventListener("close", (event) => {
    const clean = event.wasClean ? "clean" : "unclean";
    console.log(`closed ${event.code} ${JSON.stringify(event.reason)} ${clean} ${request.url}`);
  });
  socket.on("message", (data, isBinary) => {
    const command = isBinary ? null : /^close:([^:]*):?(.*)$/s.exec(data.toString());
    if (command === null) {
      socket.send(data, { binary: isBinary });
      return;
    }
    try {
      if (command[1] === "") socket.close();
      else socket.close(Number(command[1]), command[2]);
    } catch {
      // Call refused: the connection stays as the library left it.
    }
  });
});
