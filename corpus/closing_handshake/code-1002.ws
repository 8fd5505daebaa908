wsclose 1
role server
# 1002 is defined by §7.4.1.
> close 1002 "r"
> fin
