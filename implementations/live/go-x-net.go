// Echo server on golang.org/x/net/websocket. It uses the type Server, which accepts clients that send no Origin.
// Closing behavior of the program: on the text close:: it calls Close and ignores errors. The library has no call that
// accepts a code or a reason, so the program ignores a text with one. As in the library's example, it leaves the handler
// when reading fails and calls nothing then. Reading also fails after a received Close, which the library reports as
// io.EOF. The library closes TCP.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"strings"

	"golang.org/x/net/websocket"
)

type message struct {
	kind    byte
	payload []byte
}

// The library's own codec Message does not distinguish text from binary messages.
var whole = websocket.Codec{
	Marshal: func(v interface{}) ([]byte, byte, error) {
		return v.(message).payload, v.(message).kind, nil
	},
	Unmarshal: func(payload []byte, kind byte, v interface{}) error {
		*v.(*message) = message{kind, payload}
		return nil
	},
}

func echo(socket *websocket.Conn) {
	for {
		var m message
		if err := whole.Receive(socket, &m); err != nil {
			return
		}
		if m.kind == websocket.TextFrame && strings.HasPrefix(string(m.payload), "close:") {
			if string(m.payload) == "close::" {
				_ = socket.Close()
			}
			continue
		}
		_ = whole.Send(socket, m)
	}
}

func main() {
	log.SetOutput(io.Discard)
	http.Handle("/", websocket.Server{Handler: echo})
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
