wsclose 1
role server
# A server that fails the connection closes TCP at once.
> opcode=3
wait 3
> fin
