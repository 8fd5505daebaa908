wsclose 1
role server
# An overlong encoding is not valid UTF-8.
> close 3333 hex:c0af
wait 2
> fin
