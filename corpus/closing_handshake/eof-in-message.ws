wsclose 1
role server
# EOF in the middle of a fragmented message.
> text "par" fin=0
> fin
wait 4
