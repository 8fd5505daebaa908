wsclose 1
role server
# A client's Close without a mask.
> close 3333 mask=wrong
wait 2
> fin
