wsclose 1
role server
# The application closes while a message with a length in a long form comes; more that is broken comes after it.
> text "a" form=16 claim=4
app close 1000
> octets 6263 64
> octets 6263 64
