// Echo server on Deno.upgradeWebSocket, which is built into Deno.
// Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
// The runtime replies to a Close, fails connections and closes TCP.
const port = Number(Deno.args[0]);
Deno.serve({ hostname: "127.0.0.1", port, onListen: () => console.log("listening") }, (request) => {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return new Response("a WebSocket only", { status: 426 });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
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
  return response;
});
