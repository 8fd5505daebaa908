wsclose 1
role server
# The header of a Close claims a payload of 4 GiB.
> close claim=4294967296
wait 2
> fin
