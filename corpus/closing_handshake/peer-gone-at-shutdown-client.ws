wsclose 1
role client
# The same to a client.
> gone 9
> close 3333 "r"
> fin
