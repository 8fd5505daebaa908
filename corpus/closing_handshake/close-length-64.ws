wsclose 1
role server
# A Close encodes its length in 64 bits.
> close 3333 form=64
wait 2
> fin
