wsclose 1
role server
# 1100 is assigned to nothing.
> close 1100 "r"
wait 2
> fin
