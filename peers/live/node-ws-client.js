// Echo client on `ws`. It connects to one URL after another, a line each on standard input.
// Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
// throws is dropped. What the event `close` of the library's WebSocket-like interface says is printed.
"use strict";
const { createInterface } = require("node:readline");
const WebSocket = require("./.env/npm/ws/node_modules/ws");

createInterface({ input: process.stdin }).on("line", (url) => {
  const socket = new WebSocket(url);
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
  socket.addEventListener("close", (event) => {
    console.log(`closed ${event.code} ${JSON.stringify(event.reason)} ${event.wasClean ? "clean" : "unclean"}`);
  });
});
