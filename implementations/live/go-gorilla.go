// Echo server on gorilla/websocket.
// Closing behavior of the program: on the text close:CODE:REASON it writes a close message that the library's
// FormatCloseMessage makes, and ignores errors. If CODE is empty, it passes the library's CloseNoStatusReceived. It
// continues to read and, as in the library's example, closes the connection after an error. The library's
// documentation leaves the UTF-8 check of a text to the application. The program answers invalid UTF-8 with 1007 and
// ends the connection. The library replies to a Close.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{}

func echo(w http.ResponseWriter, r *http.Request) {
	socket, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	for {
		kind, message, err := socket.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage && !utf8.Valid(message) {
			closeWith(socket, "1007")
			return
		}
		if kind == websocket.TextMessage && strings.HasPrefix(string(message), "close:") {
			closeWith(socket, strings.TrimPrefix(string(message), "close:"))
			continue
		}
		_ = socket.WriteMessage(kind, message)
	}
}

func closeWith(socket *websocket.Conn, command string) {
	digits, reason := command, ""
	if i := strings.IndexByte(command, ':'); i >= 0 {
		digits, reason = command[:i], command[i+1:]
	}
	code := websocket.CloseNoStatusReceived
	if digits != "" {
		code, _ = strconv.Atoi(digits)
	}
	message := websocket.FormatCloseMessage(code, reason)
	_ = socket.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
}

func main() {
	log.SetOutput(io.Discard)
	http.HandleFunc("/", echo)
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
