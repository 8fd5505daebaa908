wsclose 1
role server
# The peer leaves TCP open after the handshake.
> close 3333
wait 20
> fin
