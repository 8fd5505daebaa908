wsclose 1
role server
# Time passes after a Close: an endpoint that has not replied by then is late.
> close 3333
wait 4
> fin
