wsclose 1
role server
# 1012 is registered with IANA.
> close 1012 "r"
> fin
