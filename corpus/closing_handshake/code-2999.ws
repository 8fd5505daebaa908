wsclose 1
role server
# 2999 is unassigned.
> close 2999 "r"
wait 2
> fin
