wsclose 1
role server
# 1000 is defined by §7.4.1.
> close 1000 "r"
> fin
