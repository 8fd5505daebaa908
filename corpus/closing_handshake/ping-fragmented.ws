wsclose 1
role server
# A Ping without FIN.
> ping "p" fin=0
wait 2
> fin
