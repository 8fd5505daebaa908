wsclose 1
role server
# 1016 is unassigned.
> close 1016 "r"
wait 2
> fin
