wsclose 1
role server
# 1 is in the range 0-999, which is not used.
> close 1 "r"
wait 2
> fin
