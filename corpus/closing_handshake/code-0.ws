wsclose 1
role server
# 0 is in the range 0-999, which is not used.
> close 0 "r"
wait 2
> fin
