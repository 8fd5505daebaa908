wsclose 1
role client
# The application of a client closes; the server replies and closes TCP.
app close 1001 "leaving"
> close 1001
wait 2
> fin
