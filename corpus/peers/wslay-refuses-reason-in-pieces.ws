wsclose 1
role client
# The first two octets of every piece of a Close are not checked: half a character is left, and refused.
> close 1000 "é€" cut=5
> fin
