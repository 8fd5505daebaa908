wsclose 1
role server
# A reason that is a stray continuation byte.
> close 3333 hex:80
wait 2
> fin
