wsclose 1
role server
# 61 two-octet characters and one more octet.
> close 1000 "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééx"
> fin
