wsclose 1
role server
# 1001 is defined by §7.4.1.
> close 1001 "r"
> fin
