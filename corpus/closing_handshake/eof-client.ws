wsclose 1
role client
# The server goes without a Close.
> fin
wait 4
