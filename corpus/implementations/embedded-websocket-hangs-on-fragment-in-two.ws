wsclose 1
role server
# A fragment in two segments: embedded-websocket loops forever.
> text "abcdef" fin=0 cut=7
> continuation "g"
> close 3333
> fin
