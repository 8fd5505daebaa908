wsclose 1
role client
# The server closes TCP with its Close.
> close 3333
> fin
wait 20
