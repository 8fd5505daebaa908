wsclose 1
role server
# 2000 is unassigned.
> close 2000 "r"
wait 2
> fin
