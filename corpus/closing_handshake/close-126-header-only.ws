wsclose 1
role server
# The peer sends the header of a Close of 126 octets and no payload.
> close claim=126
wait 2
> fin
