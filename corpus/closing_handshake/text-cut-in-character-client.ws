wsclose 1
role client
# A fragmented text message whose last fragment ends inside a character.
> text hex:e2 fin=0
> ping "p"
> continuation hex:82
wait 2
> fin
