wsclose 1
role server
# The header of a Close that claims four gigabytes.
> close claim=4294967296
wait 2
> fin
