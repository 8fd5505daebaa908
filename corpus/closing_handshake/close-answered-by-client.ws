wsclose 1
role client
# A client replies to a Close and leaves it to the server to close TCP.
> close 1000 "bye"
wait 2
> fin
