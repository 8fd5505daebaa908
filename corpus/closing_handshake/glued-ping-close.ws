wsclose 1
role server
# A Ping and a Close in one segment.
> ping "p"
> close 1000 glue
wait 2
> fin
again each
