wsclose 1
role server
# A Close follows a frame that fails the connection.
> opcode=3
> close 3333 glue
wait 20
> fin
