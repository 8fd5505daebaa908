wsclose 1
role server
# A plain connection after one that claimed a terabyte.
> close 3333 "r"
> fin
connect
> binary claim=1099511627776
> fin
connect
> close 3333 "r"
> fin
