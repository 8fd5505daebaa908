wsclose 1
role server
# F5 begins no character.
> close 3333 hex:f5808080
wait 2
> fin
