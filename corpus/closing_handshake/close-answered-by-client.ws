wsclose 1
role client
# A client answers, and leaves it to the server to close TCP.
> close 1000 "bye"
wait 2
> fin
