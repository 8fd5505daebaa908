wsclose 1
role server
# A Pong, then a message, as the first frames.
> pong
> text "hi"
wait 1
> close 1000
wait 2
> fin
