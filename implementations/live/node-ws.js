// Echo server on `ws`.
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// The library replies to a Close, fails connections and closes TCP.
"use strict";
const { WebSocketServer } = require("./.env/npm/ws/node_modules/ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]) });
server.on("listening", () => console.log("listening"));
server.on("connection", (socket) => {
  socket.on("error", () => {});
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
