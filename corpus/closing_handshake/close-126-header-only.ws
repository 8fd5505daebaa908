wsclose 1
role server
# The header of a Close of 126 octets, and no payload.
> close claim=126
wait 2
> fin
