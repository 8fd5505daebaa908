// Echo server on nhooyr.io/websocket.
// Of closing, the program does only this: the text close:CODE:REASON calls Close with them (with the library's
// StatusNoStatusRcvd where CODE is empty), whose error is dropped; as in the library's example, what ends the
// reading ends the program's part with Close(StatusInternalError), which does nothing on a closed connection.
// Answering a Close, failing a connection and closing TCP are the library's.
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"nhooyr.io/websocket"
)

func echo(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer socket.Close(websocket.StatusInternalError, "the sky is falling")
	for {
		kind, message, err := socket.Read(context.Background())
		if err != nil {
			return
		}
		if kind == websocket.MessageText && strings.HasPrefix(string(message), "close:") {
			closeWith(socket, strings.TrimPrefix(string(message), "close:"))
			continue
		}
		_ = socket.Write(context.Background(), kind, message)
	}
}

func closeWith(socket *websocket.Conn, asked string) {
	digits, reason := asked, ""
	if i := strings.IndexByte(asked, ':'); i >= 0 {
		digits, reason = asked[:i], asked[i+1:]
	}
	code := int(websocket.StatusNoStatusRcvd)
	if digits != "" {
		code, _ = strconv.Atoi(digits)
	}
	_ = socket.Close(websocket.StatusCode(code), reason)
}

func main() {
	log.SetOutput(io.Discard)
	http.HandleFunc("/", echo)
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
