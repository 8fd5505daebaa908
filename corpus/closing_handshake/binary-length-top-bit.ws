wsclose 1
role server
# A 64-bit length with its top bit set, on a binary frame.
> binary form=64 claim=18446744073709551615
wait 2
> fin
