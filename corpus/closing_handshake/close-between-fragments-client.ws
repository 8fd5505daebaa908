wsclose 1
role client
# A client receives a Close in the middle of a fragmented message.
> binary hex:01 fin=0
> continuation hex:02 fin=0
> close 3333
wait 2
> fin
