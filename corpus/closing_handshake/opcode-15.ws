wsclose 1
role server
# Opcode 15 is reserved.
> opcode=15
wait 2
> fin
