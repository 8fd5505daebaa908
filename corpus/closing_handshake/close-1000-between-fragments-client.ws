wsclose 1
role client
# A client receives a plain Close in the middle of a fragmented message, after a Ping.
> text "par" fin=0
> ping "p"
> close 1000
wait 2
> fin
