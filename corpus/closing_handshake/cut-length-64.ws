wsclose 1
role server
# A segment ends in the middle of a 64-bit length.
> close 3333 form=64 cut=5
> fin
again whole
again each
