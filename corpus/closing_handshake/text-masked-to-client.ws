wsclose 1
role client
# A server sends a text frame with a mask.
> text "hi" mask=wrong
wait 2
> fin
