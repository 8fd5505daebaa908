wsclose 1
role server
# A header in two segments: embedded-websocket ends the connection with an error.
> text "a"
> close 3333
> fin
again cut=1
