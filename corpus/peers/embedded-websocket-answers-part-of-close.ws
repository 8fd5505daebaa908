wsclose 1
role client
# A Close in two segments: embedded-websocket answers the first part of it, which ends in half a character.
> close 3333 "é"
> fin
again cut=5
