wsclose 1
role client
# A client receives a Close one octet at a time, and in two segments.
> close 3333 "reason"
> fin
again each
again cut=1
again cut=2
again cut=3
