wsclose 1
role server
# A plain connection, one that fails, and a plain one again.
> close 3333 "r"
> fin
connect
> close hex:03
> fin
connect
> close 3333 "r"
> fin
