wsclose 1
role client
# A client fails the connection; the server closes TCP.
> opcode=3
> fin
wait 20
