wsclose 1
role server
# A binary frame with a 64-bit length that has its top bit set.
> binary form=64 claim=18446744073709551615
wait 2
> fin
