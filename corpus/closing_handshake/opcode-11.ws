wsclose 1
role server
# Opcode 11 is reserved.
> opcode=11
wait 2
> fin
