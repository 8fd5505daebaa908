wsclose 1
role server
# A Close with a 64-bit length that has its top bit set.
> close 3333 form=64 claim=9223372036854775808
wait 2
> fin
