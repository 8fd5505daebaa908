wsclose 1
role server
# 1006 must not be sent.
> close 1006 "r"
wait 2
> fin
