wsclose 1
role client
# WebSocket++ replies to a Close that it rejects, and then to the next one.
> close hex:ff
> close hex:ff
