wsclose 1
role server
# 999 is in the range 0-999, which is not used.
> close 999 "r"
wait 2
> fin
