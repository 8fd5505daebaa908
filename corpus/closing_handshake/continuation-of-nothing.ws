wsclose 1
role server
# A continuation without a message.
> continuation "x"
wait 2
> fin
