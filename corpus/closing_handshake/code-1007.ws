wsclose 1
role server
# 1007 is defined by §7.4.1.
> close 1007 "r"
> fin
