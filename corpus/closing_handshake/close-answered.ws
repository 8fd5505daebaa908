wsclose 1
role server
# A server replies to a Close with the same code, then closes TCP.
> close 1000 "bye"
wait 2
> fin
