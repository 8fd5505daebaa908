wsclose 1
role server
# Two Closes arrive in one segment.
> close 3333
> close 3334 glue
> fin
again each
