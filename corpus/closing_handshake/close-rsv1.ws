wsclose 1
role server
# RSV1 set in a Close.
> close 3333 rsv=4
wait 2
> fin
