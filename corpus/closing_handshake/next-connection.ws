wsclose 1
role server
# A plain connection, a connection that fails, and another plain one.
> close 3333 "r"
> fin
connect
> close hex:03
> fin
connect
> close 3333 "r"
> fin
