wsclose 1
role server
# Opcodes 4, 5 and 6 are reserved.
> opcode=4
wait 2
> fin
connect
> opcode=5
wait 2
> fin
connect
> opcode=6
wait 2
> fin
