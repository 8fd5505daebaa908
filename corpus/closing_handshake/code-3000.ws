wsclose 1
role server
# 3000 is for libraries and applications.
> close 3000 "r"
> fin
