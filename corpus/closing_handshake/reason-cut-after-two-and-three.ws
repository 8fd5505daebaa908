wsclose 1
role server
# A reason that ends after two octets of a character, and after three.
> close 3333 hex:61e282
wait 2
> fin
connect
> close 3333 hex:f09f98
wait 2
> fin
