// Echo server on Bun.serve, the built-in server of Bun.
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// The runtime replies to a Close, fails connections and closes TCP.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch(request, server) {
    if (server.upgrade(request)) return undefined;
    return new Response("a WebSocket only", { status: 426 });
  },
  websocket: {
    message(ws, message) {
      const command = typeof message === "string" ? /^close:([^:]*):?(.*)$/s.exec(message) : null;
      if (command === null) {
        ws.send(message);
        return;
      }
      try {
        if (command[1] === "") ws.close();
        else ws.close(Number(command[1]), command[2]);
      } catch {
        // Call refused: the connection stays as the runtime left it.
      }
    },
  },
});
console.log("listening", server.port);
