wsclose 1
role server
# 4999 is for libraries and applications.
> close 4999 "r"
> fin
