wsclose 1
role server
# 4000 is for libraries and applications.
> close 4000 "r"
> fin
