wsclose 1
role server
# 1100 is unassigned.
> close 1100 "r"
wait 2
> fin
