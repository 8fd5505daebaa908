wsclose 1
role server
# 5000 is outside every defined range.
> close 5000 "r"
wait 2
> fin
