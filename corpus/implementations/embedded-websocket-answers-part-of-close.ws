wsclose 1
role client
# A Close in two segments: embedded-websocket replies to the first, which ends in half a character.
> close 3333 "é"
> fin
again cut=5
