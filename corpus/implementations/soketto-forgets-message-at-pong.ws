wsclose 1
role server
# soketto forgets at a Pong that a message is incomplete, and delivers a new message inside it.
> text "a" fin=0
> pong "p"
> text "b"
> fin
