wsclose 1
role server
# The peer sends two Closes.
> close 3333
> close 3334 glue
> fin
