wsclose 1
role server
# A message, a Ping and a Close arrive separately, in one segment, and one octet at a time.
> text "hello"
> ping "p"
> close 3333
> fin
again whole
again each
