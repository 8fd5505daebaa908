wsclose 1
role server
# A fragment in two segments: embedded-websocket never leaves it, and goes round for ever.
> text "abcdef" fin=0 cut=7
> continuation "g"
> close 3333
> fin
