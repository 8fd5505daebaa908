wsclose 1
role server
# A Close after a silence.
wait 6
> close 1000
wait 2
> fin
