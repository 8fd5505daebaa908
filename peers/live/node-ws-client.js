// Echo client on `ws`.
// Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
// throws is dropped. The last line is what the event `close` of the library's WebSocket-like interface says.
"use strict";
const WebSocket = require("./.env/npm/ws/node_modules/ws");

const socket = new WebSocket(process.argv[2]);
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
