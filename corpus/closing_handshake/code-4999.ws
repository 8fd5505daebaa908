wsclose 1
role server
# 4999 is for private use.
> close 4999 "r"
> fin
