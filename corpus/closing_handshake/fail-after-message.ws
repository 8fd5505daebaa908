wsclose 1
role server
# A message, then a frame that fails the connection.
> text "hi"
wait 1
> opcode=3
wait 2
> fin
