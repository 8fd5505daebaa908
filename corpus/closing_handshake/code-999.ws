wsclose 1
role server
# 999 has neither a meaning nor a range.
> close 999 "r"
wait 2
> fin
