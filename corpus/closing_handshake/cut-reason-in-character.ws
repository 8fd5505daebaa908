wsclose 1
role server
# A segment ends in the middle of a character of the reason.
> close 3333 "é" cut=9
> fin
again whole
again each
