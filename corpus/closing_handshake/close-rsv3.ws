wsclose 1
role server
# RSV3 set in a Close.
> close 3333 rsv=1
wait 2
> fin
