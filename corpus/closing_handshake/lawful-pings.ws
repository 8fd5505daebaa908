wsclose 1
role server
# A Ping without a payload, and one of 125 octets.
> ping
wait 1
> close 1000
> fin
connect
> ping "p" * 125
wait 1
> close 1000
> fin
