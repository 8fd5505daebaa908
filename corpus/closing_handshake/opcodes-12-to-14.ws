wsclose 1
role server
# Opcodes 12, 13 and 14 are reserved.
> opcode=12
wait 2
> fin
connect
> opcode=13
wait 2
> fin
connect
> opcode=14
wait 2
> fin
