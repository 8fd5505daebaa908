wsclose 1
role server
# A 64-bit length with its top bit set, on a Close.
> close 3333 form=64 claim=9223372036854775808
wait 2
> fin
