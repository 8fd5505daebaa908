wsclose 1
role client
# The server closes its write side of TCP right after its Close.
> close 3333
> fin
wait 20
