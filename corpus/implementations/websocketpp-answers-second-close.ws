wsclose 1
role client
# WebSocket++ processes a second Close from the peer, rejects its code and sends another reply.
> close 3333 "first"
> close 2500 "second"
wait 20
