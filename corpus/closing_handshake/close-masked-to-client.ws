wsclose 1
role client
# A server sends a Close with a mask.
> close 3333 mask=wrong
wait 2
> fin
