wsclose 1
role client
# The server closes TCP without a Close.
> fin
wait 4
