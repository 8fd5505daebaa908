wsclose 1
role server
# A reason cut in the middle of a character.
> close 3333 "é" cut=9
> fin
again whole
again each
