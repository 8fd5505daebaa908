wsclose 1
role server
# What lies beyond U+10FFFF is not UTF-8.
> close 3333 hex:f4908080
wait 2
> fin
