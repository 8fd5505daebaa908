wsclose 1
role server
# Opcode 7 is reserved.
> opcode=7
wait 2
> fin
