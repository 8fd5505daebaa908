wsclose 1
role server
# 5000 has neither a meaning nor a range.
> close 5000 "r"
wait 2
> fin
