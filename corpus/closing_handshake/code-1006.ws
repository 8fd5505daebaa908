wsclose 1
role server
# 1006 is never sent.
> close 1006 "r"
wait 2
> fin
