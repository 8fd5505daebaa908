wsclose 1
role server
# RSV1 set in a text frame.
> text "hi" rsv=4
wait 2
> fin
