// Echo server on Deno's own Deno.upgradeWebSocket.
// Of closing, the program does only this: the text close:CODE:REASON calls close(CODE, REASON), and what that
// throws is dropped. Answering a Close, failing a connection and closing TCP are the runtime's.
const port = Number(Deno.args[0]);
Deno.serve({ hostname: "127.0.0.1", port, onListen: () => console.log("listening") }, (request) => {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return new Response("a WebSocket only", { status: 426 });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("error", (event) => event.preventDefault());
  socket.addEventListener("message", (event) => {
    const asked = typeof event.data === "string" ? /^close:([^:]*):?(.*)$/s.exec(event.data) : null;
    try {
      if (asked === null) socket.send(event.data);
      else if (asked[1] === "") socket.close();
      else socket.close(Number(asked[1]), asked[2]);
    } catch {
      // Refused: the connection stays as the runtime left it.
    }
  });
  return response;
});
