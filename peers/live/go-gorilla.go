// Echo server on gorilla/websocket.
// Of closing, the program does only this: the text close:CODE:REASON writes a close message made by the library's
// FormatCloseMessage (with its CloseNoStatusReceived where CODE is empty), whose error is dropped; it reads on, and as
// in the library's example it closes the connection after an error. That a text is UTF-8 is the application's to see
// to, says the library's documentation: one that is not is answered by 1007 and ends the connection. Answering a Close
// is the library's.
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

func closeWith(socket *websocket.Conn, asked string) {
	digits, reason := asked, ""
	if i := strings.IndexByte(asked, ':'); i >= 0 {
		digits, reason = asked[:i], asked[i+1:]
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
