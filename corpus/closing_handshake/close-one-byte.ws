wsclose 1
role server
# A body of one octet.
> close hex:03
wait 2
> fin
