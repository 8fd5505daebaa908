wsclose 1
role server
# A client's text without a mask.
> text "hi" mask=wrong
wait 2
> fin
