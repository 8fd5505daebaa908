wsclose 1
role server
# Time passes after a Close: whoever has not answered by then is late.
> close 3333
wait 4
> fin
