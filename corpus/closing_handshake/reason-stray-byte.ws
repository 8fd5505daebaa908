wsclose 1
role server
# A stray continuation byte.
> close 3333 hex:80
wait 2
> fin
