wsclose 1
role server
# RSV2 set in a Close.
> close 3333 rsv=2
wait 2
> fin
