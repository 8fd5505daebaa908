# Echo application of the interface ASGI, which uvicorn, hypercorn, daphne and granian serve.
# Of closing, the program does only this: the text close:CODE:REASON sends websocket.close with them, and what that
# raises is dropped. Answering a Close, failing a connection and closing TCP are the server's.


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])  # As the ASGI specification has it.
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
            pass  # Refused, or closed meanwhile: the connection stays as the server left it.


def close(code, reason):
    return {"type": "websocket.close", "code": int(code), "reason": reason} if code else {"type": "websocket.close"}
