wsclose 1
role server
# A Close without FIN.
> close 3333 fin=0
wait 2
> fin
