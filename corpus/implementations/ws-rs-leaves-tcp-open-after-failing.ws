wsclose 1
role server
# ws-rs rejects a frame with 1002, and then waits for the peer forever.
> opcode=3
wait 16
