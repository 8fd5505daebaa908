# Echo application for the ASGI interface, which uvicorn, hypercorn, daphne and granian serve.
# Closing behavior of the program: on the text close:CODE:REASON it sends websocket.close with this code and reason
# and ignores exceptions. Versions of ASGI before 2.3 have no reason; on such a server the program ignores a text with
# one. The server replies to a Close, fails connections and closes TCP.


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])  # Required by the ASGI specification.
    version = scope["asgi"].get("spec_version", "2.0")
    takes_reason = tuple(map(int, version.split("."))) >= (2, 3)
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
            continue
        text, data = event.get("text"), event.get("bytes")
        try:
            if text is not None and text.startswith("close:"):
                code, _, reason = text.removeprefix("close:").partition(":")
                if takes_reason or not reason:
                    await send(close(code, reason))
            elif text is not None:
                await send({"type": "websocket.send", "text": text})
            else:
                await send({"type": "websocket.send", "bytes": data})
        except Exception:
            pass  # Call refused, or already closed: the connection stays as the server left it.


def close(code, reason):
    if not code:
        return {"type": "websocket.close"}
    return {"type": "websocket.close", "code": int(code)} | ({"reason": reason} if reason else {})
