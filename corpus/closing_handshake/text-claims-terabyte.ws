wsclose 1
role server
# The header of a text frame that claims a terabyte.
> text claim=1099511627776
wait 2
> fin
