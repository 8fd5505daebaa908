wsclose 1
role server
# A Ping of 126 octets.
> ping "p" * 126
wait 2
> fin
