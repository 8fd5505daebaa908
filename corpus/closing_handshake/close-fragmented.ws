wsclose 1
role server
# A Close with the FIN bit clear.
> close 3333 fin=0
wait 2
> fin
