wsclose 1
role server
# A client sends a Ping without a mask and without a payload.
> ping mask=wrong
wait 2
> fin
