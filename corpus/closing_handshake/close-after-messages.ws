wsclose 1
role server
# The peer sends a message, a Ping and a Close.
> text "hi"
> ping "p"
> close 1000 "bye"
> fin
