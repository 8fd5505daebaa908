wsclose 1
role server
# TCP accepts the whole reply, in up to nine writes; only the TCP shutdown fails: the peer vanished.
> gone 9
> close 3333 "r"
> fin
