wsclose 1
role server
# ws-rs answers a frame that it refuses by 1002, and then waits for the peer for ever.
> opcode=3
wait 16
