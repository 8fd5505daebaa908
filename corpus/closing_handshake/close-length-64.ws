wsclose 1
role server
# The length of a Close in 64 bits.
> close 3333 form=64
wait 2
> fin
