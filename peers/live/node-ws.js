// Echo server on `ws`.
// Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
// throws is dropped. Answering a Close, failing a connection and closing TCP are the library's.
"use strict";
const { WebSocketServer } = require("./.env/npm/ws/node_modules/ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]) });
server.on("listening", () => console.log("listening"));
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    const asked = isBinary ? null : /^close:([^:]*):?(.*)$/s.exec(data.toString());
    if (asked === null) {
      socket.send(data, { binary: isBinary });
      return;
    }
    try {
      if (asked[1] === "") socket.close();
      else socket.close(Number(asked[1]), asked[2]);
    } catch {
      // Refused: the connection stays as the library left it.
    }
  });
});
