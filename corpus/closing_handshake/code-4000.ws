wsclose 1
role server
# 4000 is for private use.
> close 4000 "r"
> fin
