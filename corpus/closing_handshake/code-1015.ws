wsclose 1
role server
# 1015 is never sent.
> close 1015 "r"
wait 2
> fin
