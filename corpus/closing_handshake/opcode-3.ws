wsclose 1
role server
# Opcode 3 is reserved.
> opcode=3
wait 2
> fin
