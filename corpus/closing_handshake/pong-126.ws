wsclose 1
role server
# A Pong of 126 octets, and one without FIN.
> pong "p" * 126
wait 2
> fin
connect
> pong "p" fin=0
wait 2
> fin
