wsclose 1
role server
# A Ping after the endpoint's own Close and before the peer's is answered: only a Close that was received excuses a Pong.
app close 1000
> ping "p"
wait 2
> close 1000
wait 2
> fin
