wsclose 1
role server
# A plain connection follows one that the peer resets, and one that it cuts inside a message.
> reset
connect
> close 3333 "r"
wait 2
> fin
connect
> text "par" fin=0
> fin
connect
> text "hi"
wait 1
> close 3333 "r"
wait 2
> fin
