wsclose 1
role server
# A reason that is not UTF-8, with the code 1000.
> close 1000 hex:61ff
wait 2
> fin
