wsclose 1
role server
# 1015 must not be sent.
> close 1015 "r"
wait 2
> fin
