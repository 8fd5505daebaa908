# Echo application for the ASGI interface, which uvicorn, hypercorn, daphne and granian serve.
# Closing behavior of the program: on the text close:CODE:REASON it sends websocket.close with this code and reason
# and ignores exceptions. The server replies to a Close, fails connections and closes TCP.


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])  # Required by the ASGI specification.
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
            continue
        text, data = event.get("text"), event.get("bytes")
        try:
            if text is not None and text.startswith("close:"):
                await send(close(*text.removeprefix("close:").partition(":")[::2]))
            elif text is not None:
                await send({"type": "websocket.send", "text": text})
            else:
                await send({"type": "websocket.send", "bytes": data})
        except Exception:
            pass  # Call refused, or already closed: the connection stays as the server left it.


def close(code, reason):
    return {"type": "websocket.close", "code": int(code), "reason": reason} if code else {"type": "websocket.close"}
