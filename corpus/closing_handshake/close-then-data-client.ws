wsclose 1
role client
# A message after the Close is discarded by a client too.
> close 3333
> text "late"
> ping "p"
> fin
