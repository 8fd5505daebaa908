wsclose 1
role server
# A Close encodes its length in 16 bits.
> close 3333 form=16
wait 2
> fin
