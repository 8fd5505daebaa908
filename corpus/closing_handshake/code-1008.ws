wsclose 1
role server
# 1008 is defined by §7.4.1.
> close 1008 "r"
> fin
