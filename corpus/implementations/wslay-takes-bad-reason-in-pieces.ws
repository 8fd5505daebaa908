wsclose 1
role client
# wslay does not check the first two octets of each segment of a Close: it echoes invalid UTF-8.
> close 3333 hex:ff cut=4
> fin
