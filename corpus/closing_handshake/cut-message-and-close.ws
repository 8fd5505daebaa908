wsclose 1
role server
# A message and a Close: apart, joined, and octet by octet.
> text "hello"
> ping "p"
> close 3333
> fin
again whole
again each
