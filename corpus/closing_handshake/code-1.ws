wsclose 1
role server
# 1 has neither a meaning nor a range.
> close 1 "r"
wait 2
> fin
