wsclose 1
role server
# A Close is answered by one with the same code, then the server closes TCP.
> close 1000 "bye"
wait 2
> fin
