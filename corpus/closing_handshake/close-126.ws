wsclose 1
role server
# The peer sends a complete Close of 126 octets.
> close 3333 "r" * 124
wait 2
> fin
