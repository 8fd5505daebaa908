wsclose 1
role server
# 1013 is registered with IANA.
> close 1013 "r"
> fin
