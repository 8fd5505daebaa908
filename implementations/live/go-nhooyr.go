// Echo server on nhooyr.io/websocket.
// Closing behavior of the program: on the text close:CODE:REASON it calls Close with this code and reason and ignores
// errors. If CODE is empty, it passes the library's StatusNoStatusRcvd. When reading ends, the program calls
// Close(StatusInternalError), as in the library's example. This call has no effect on a closed connection. The
// library replies to a Close, fails connections and closes TCP.
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

func closeWith(socket *websocket.Conn, command string) {
	digits, reason := command, ""
	if i := strings.IndexByte(command, ':'); i >= 0 {
		digits, reason = command[:i], command[i+1:]
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
