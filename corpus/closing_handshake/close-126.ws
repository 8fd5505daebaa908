wsclose 1
role server
# A Close of 126 octets, in full.
> close 3333 "r" * 124
wait 2
> fin
