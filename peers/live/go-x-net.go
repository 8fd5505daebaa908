// Echo server on golang.org/x/net/websocket, with Server, which takes clients that send no Origin.
// Of closing, the program does only this: a text close:CODE:REASON calls Close, whose error is dropped: the library
// has no call that takes a code or a reason. As in the library's example it leaves the handler when reading fails,
// also after a Close received, which the library tells as io.EOF; it calls nothing then. Closing TCP is the library's.
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

// The library's own codec Message does not tell texts from binary messages.
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
			_ = socket.Close()
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
