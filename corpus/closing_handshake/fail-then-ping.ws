wsclose 1
role server
# A Ping follows a frame that fails the connection.
> opcode=3
> ping "p" glue
wait 20
> fin
