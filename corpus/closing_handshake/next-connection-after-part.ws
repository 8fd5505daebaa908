wsclose 1
role server
# A plain connection follows one that the peer cuts inside a frame, and one that fails.
> octets 81fe
connect
> close 3333 "r"
wait 2
> fin
connect
> opcode=3
wait 2
> fin
connect
> close 3333 "r"
wait 2
> fin
