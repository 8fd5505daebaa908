wsclose 1
role server
# A message follows, in the same segment, a frame that fails the connection.
> opcode=3
> text "late" glue
wait 20
> fin
