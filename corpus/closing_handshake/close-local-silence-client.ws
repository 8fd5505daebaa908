wsclose 1
role client
# The server replies and never closes TCP, so the client times out.
app close 1000
> close 1000
wait 32
