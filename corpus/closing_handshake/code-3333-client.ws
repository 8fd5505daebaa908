wsclose 1
role client
# A client receives 3333.
> close 3333 "r"
wait 2
> fin
