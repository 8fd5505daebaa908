wsclose 1
role server
# 2000 is assigned to nothing.
> close 2000 "r"
wait 2
> fin
