wsclose 1
role server
# The length of a Close in 16 bits.
> close 3333 form=16
wait 2
> fin
