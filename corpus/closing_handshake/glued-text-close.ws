wsclose 1
role server
# A message and a Close in one segment.
> text "hi"
> close 1000 glue
wait 2
> fin
again each
