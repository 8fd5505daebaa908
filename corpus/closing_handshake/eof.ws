wsclose 1
role server
# The peer goes without a Close.
> fin
wait 4
