// Echo server on Bun's own Bun.serve.
// Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
// throws is dropped. Answering a Close, failing a connection and closing TCP are the runtime's.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch(request, server) {
    if (server.upgrade(request)) return undefined;
    return new Response("a WebSocket only", { status: 426 });
  },
  websocket: {
    message(ws, message) {
      const asked = typeof message === "string" ? /^close:([^:]*):?(.*)$/s.exec(message) : null;
      if (asked === null) {
        ws.send(message);
        return;
      }
      try {
        if (asked[1] === "") ws.close();
        else ws.close(Number(asked[1]), asked[2]);
      } catch {
        // Refused: the connection stays as the runtime left it.
      }
    },
  },
});
console.log("listening", server.port);
