wsclose 1
role client
# WebSocket++ answers a Close that it refuses, and the next one too.
> close hex:ff
> close hex:ff
