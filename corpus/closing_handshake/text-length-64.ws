wsclose 1
role server
# A text frame encodes its length in 64 bits.
> text "hi" form=64
wait 2
> fin
