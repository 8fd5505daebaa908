wsclose 1
role server
# 1005 is never sent.
> close 1005 "r"
wait 2
> fin
