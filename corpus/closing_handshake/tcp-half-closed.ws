wsclose 1
role server
# The peer closes its half of TCP right after its Close.
> close 3333
> fin
wait 20
