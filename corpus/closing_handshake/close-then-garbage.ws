wsclose 1
role client
# Octets that are no frame after the Close are discarded.
> close 3333
> octets ffff ffff ffff ffff ffff ffff
> fin
