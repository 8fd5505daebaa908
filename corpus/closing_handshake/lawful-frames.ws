wsclose 1
role server
# Messages, Pings and Pongs in every place where the RFC allows them: before, between and after fragments.
> pong "unsolicited"
> ping "a"
> text hex:48e2 fin=0
> ping "b"
> continuation fin=0
> pong
> continuation hex:82ac
> binary hex:00ff
> ping "c"
> text
wait 1
> close 1000
wait 2
> fin
