wsclose 1
role server
# 1004 is assigned to nothing.
> close 1004 "r"
wait 2
> fin
