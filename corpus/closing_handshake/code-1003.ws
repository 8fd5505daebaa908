wsclose 1
role server
# 1003 is defined by §7.4.1.
> close 1003 "r"
> fin
