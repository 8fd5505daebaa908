wsclose 1
role client
# A client receives 1005, which must not be sent.
> close 1005
wait 2
> fin
