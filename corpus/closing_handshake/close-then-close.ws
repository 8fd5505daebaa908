wsclose 1
role server
# The peer closes twice.
> close 3333
> close 3334 glue
> fin
