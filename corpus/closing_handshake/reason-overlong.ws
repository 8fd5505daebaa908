wsclose 1
role server
# An overlong form is not UTF-8.
> close 3333 hex:c0af
wait 2
> fin
