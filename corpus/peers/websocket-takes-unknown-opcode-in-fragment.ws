wsclose 1
role server
# A fragment with opcode 3, and a Close: rust-websocket looks at it only once the message is whole.
> opcode=3 "a" fin=0
wait 2
> close 3333
> fin
