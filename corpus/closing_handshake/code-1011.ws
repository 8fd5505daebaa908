wsclose 1
role server
# 1011 is defined by §7.4.1.
> close 1011 "r"
> fin
