wsclose 1
role server
# A Close, octet by octet, and in two.
> close 3333 "reason"
> fin
again each
again cut=1
again cut=4
again cut=9
