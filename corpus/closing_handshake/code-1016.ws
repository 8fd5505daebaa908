wsclose 1
role server
# 1016 is assigned to nothing.
> close 1016 "r"
wait 2
> fin
