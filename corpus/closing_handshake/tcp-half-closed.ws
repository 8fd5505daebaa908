wsclose 1
role server
# The peer closes its write side of TCP right after its Close.
> close 3333
> fin
wait 20
