wsclose 1
role server
# A client sends a Close without a mask.
> close 3333 mask=wrong
wait 2
> fin
