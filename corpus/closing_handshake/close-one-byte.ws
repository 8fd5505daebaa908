wsclose 1
role server
# A Close with a body of one octet.
> close hex:03
wait 2
> fin
