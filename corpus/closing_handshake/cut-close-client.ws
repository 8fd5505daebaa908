wsclose 1
role client
# A Close, octet by octet, to a client.
> close 3333 "reason"
> fin
again each
again cut=1
again cut=2
again cut=3
