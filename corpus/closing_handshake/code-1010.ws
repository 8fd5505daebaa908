wsclose 1
role server
# 1010 is defined by §7.4.1.
> close 1010 "r"
> fin
