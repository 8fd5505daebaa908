wsclose 1
role client
# wslay does not check the first two octets of each segment of a Close: it rejects a valid reason.
> close 1000 "é€" cut=5
> fin
