wsclose 1
role server
# A message after the Close, in the same segment, is discarded.
> close 3333
> text "late" glue
> fin
