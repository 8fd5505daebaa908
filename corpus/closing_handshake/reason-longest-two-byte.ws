wsclose 1
role server
# A reason of 61 two-octet characters and one more octet.
> close 1000 "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééx"
> fin
