// Echo client on the built-in `WebSocket` of the runtime. Node, Bun and Deno all run this file. It reads URLs from
// standard input, one per line, and connects to one after another.
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// It prints what the `close` event reports. The runtime does the rest.
import { createInterface } from "node:readline";
import process from "node:process";

createInterface({ input: process.stdin }).on("line", (url) => {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("error", (event) => event.preventDefault());
  socket.addEventListener("message", (event) => {
    const command = typeof event.data === "string" ? /^close:([^:]*):?(.*)$/s.exec(event.data) : null;
    try {
      if (command === null) socket.send(event.data);
      else if (command[1] === "") socket.close();
      else socket.close(Number(command[1]), command[2]);
    } catch {
      // Call refused: the connection stays as the runtime left it.
    }
  });
  socket.addEventListener("close", (event) => {
    console.log(`closed ${event.code} ${JSON.stringify(event.reason)} ${event.wasClean ? "clean" : "unclean"}`);
  });
});
