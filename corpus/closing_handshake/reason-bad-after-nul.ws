wsclose 1
role server
# A reason that is not UTF-8 after its NUL.
> close 3333 hex:6100ff
wait 2
> fin
