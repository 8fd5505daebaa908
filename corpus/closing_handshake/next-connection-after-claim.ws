wsclose 1
role server
# A plain connection follows one with a frame that claims 1 TiB.
> close 3333 "r"
> fin
connect
> binary claim=1099511627776
> fin
connect
> close 3333 "r"
> fin
