wsclose 1
role server
# A fragmented text message that is not UTF-8: only its second fragment shows it.
> text hex:61e282 fin=0
> continuation hex:28a1
wait 2
> fin
