wsclose 1
role server
# 1014 is registered with IANA.
> close 1014 "r"
> fin
