wsclose 1
role server
# 1005 must not be sent.
> close 1005 "r"
wait 2
> fin
