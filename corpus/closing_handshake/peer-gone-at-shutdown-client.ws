wsclose 1
role client
# TCP accepts a client's whole reply, in up to nine writes; only the TCP shutdown fails.
> gone 9
> close 3333 "r"
> fin
