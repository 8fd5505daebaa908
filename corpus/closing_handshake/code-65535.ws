wsclose 1
role server
# 65535 is outside every defined range.
> close 65535 "r"
wait 2
> fin
