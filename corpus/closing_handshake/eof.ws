wsclose 1
role server
# The peer closes TCP without a Close.
> fin
wait 4
