wsclose 1
role server
# The peer leaves TCP open after the closing handshake.
> close 3333
wait 20
> fin
