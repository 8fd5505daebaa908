wsclose 1
role client
# 3333 to a client.
> close 3333 "r"
wait 2
> fin
