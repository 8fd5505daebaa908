wsclose 1
role client
# The server answers and never closes TCP: the client gives up.
app close 1000
> close 1000
wait 32
