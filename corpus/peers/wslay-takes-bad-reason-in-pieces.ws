wsclose 1
role client
# The first two octets of every piece of a Close are not checked: a reason that is not UTF-8 is echoed.
> close 3333 hex:ff cut=4
> fin
