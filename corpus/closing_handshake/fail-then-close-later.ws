wsclose 1
role server
# A Close follows, in a segment of its own, a frame that fails the connection.
> opcode=3
> close 3333
wait 20
> fin
