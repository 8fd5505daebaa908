wsclose 1
role client
# A client receives a Close without a body; it masks even an empty reply.
> close
wait 2
> fin
