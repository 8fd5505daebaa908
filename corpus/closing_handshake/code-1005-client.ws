wsclose 1
role client
# 1005 is never sent, not by a server either.
> close 1005
wait 2
> fin
