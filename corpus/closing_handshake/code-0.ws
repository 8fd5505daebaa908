wsclose 1
role server
# 0 has neither a meaning nor a range.
> close 0 "r"
wait 2
> fin
