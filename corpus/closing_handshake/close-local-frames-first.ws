wsclose 1
role server
# A Pong, a Ping and a message come before the reply to the endpoint's Close.
app close 1000
> pong
wait 1
> close 1000
wait 2
> fin
connect
app close 1000
> ping "p"
wait 1
> close 1000
wait 2
> fin
