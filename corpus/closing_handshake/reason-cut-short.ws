wsclose 1
role server
# A reason that ends in the middle of a character.
> close 3333 hex:c3a9c3
wait 2
> fin
