wsclose 1
role server
# The length of a text frame in 64 bits.
> text "hi" form=64
wait 2
> fin
