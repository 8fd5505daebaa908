wsclose 1
role server
# A 64-bit length cut in the middle.
> close 3333 form=64 cut=5
> fin
again whole
again each
