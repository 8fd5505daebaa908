wsclose 1
role server
# A fragment with opcode 3, then a Close: rust-websocket checks it only when the message is complete.
> opcode=3 "a" fin=0
wait 2
> close 3333
> fin
