wsclose 1
role client
# A client discards a message that follows the Close.
> close 3333
> text "late"
> ping "p"
> fin
