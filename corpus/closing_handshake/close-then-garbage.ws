wsclose 1
role client
# The endpoint discards octets after the Close that form no frame.
> close 3333
> octets ffff ffff ffff ffff ffff ffff
> fin
