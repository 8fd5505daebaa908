wsclose 1
role server
# 1009 is defined by §7.4.1.
> close 1009 "r"
> fin
