wsclose 1
role server
# The peer closes and never reads the reply.
> pause
> close 3333 "r"
wait 17
> fin
