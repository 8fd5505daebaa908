wsclose 1
role server
# 65535 has neither a meaning nor a range.
> close 65535 "r"
wait 2
> fin
