wsclose 1
role server
# The header of a text frame claims a payload of 1 TiB.
> text claim=1099511627776
wait 2
> fin
