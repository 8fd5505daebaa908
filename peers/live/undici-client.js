// Echo client on the `WebSocket` of undici, as released on npm. It connects to one URL after another, a line each on
// standard input.
// Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
// throws is dropped. What the event `close` says is printed.
"use strict";
const { createInterface } = require("node:readline");
const { WebSocket } = require("./.env/npm/undici/node_modules/undici");

createInterface({ input: process.stdin }).on("line", (url) => {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("error", () => {});
  socket.addEventListener("message", (event) => {
    const asked = typeof event.data === "string" ? /^close:([^:]*):?(.*)$/s.exec(event.data) : null;
    try {
      if (asked === null) socket.send(event.data);
      else if (asked[1] === "") socket.close();
      else socket.close(Number(asked[1]), asked[2]);
    } catch {
      // Refused: the connection stays as the library left it.
    }
  });
  socket.addEventListener("close", (event) => {
    console.log(`closed ${event.code} ${JSON.stringify(event.reason)} ${event.wasClean ? "clean" : "unclean"}`);
  });
});
