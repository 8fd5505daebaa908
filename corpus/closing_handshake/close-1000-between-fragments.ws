wsclose 1
role server
# A plain Close in the middle of a fragmented message.
> text "par" fin=0
> close 1000
wait 2
> fin
