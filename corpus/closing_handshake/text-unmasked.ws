wsclose 1
role server
# A client sends a text frame without a mask.
> text "hi" mask=wrong
wait 2
> fin
