wsclose 1
role server
# A Close in the middle of a fragmented message.
> text "par" fin=0
> close 3333
wait 2
> fin
