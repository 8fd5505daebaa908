wsclose 1
role server
# A text message that ends inside a character.
> text hex:61e282
wait 2
> fin
