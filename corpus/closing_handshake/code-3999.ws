wsclose 1
role server
# 3999 is for libraries and applications.
> close 3999 "r"
> fin
