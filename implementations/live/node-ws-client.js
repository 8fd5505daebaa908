// Echo client on `ws`. It reads URLs from standard input, one per line, and connects to one after another.
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// It prints what the `close` event of the library's WebSocket-like interface reports. The library does the rest.
"use strict";
const { createInterface } = require("node:readline");
const WebSocket = require("./.env/npm/ws/node_modules/ws");

createInterface({ input: process.stdin }).on("line", (url) => {
  const socket = new WebSocket(url);
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
  socket.addEventListener("close", (event) => {
    console.log(`closed ${event.code} ${JSON.stringify(event.reason)} ${event.wasClean ? "clean" : "unclean"}`);
  });
});
