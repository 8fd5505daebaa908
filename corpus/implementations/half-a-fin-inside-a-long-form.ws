wsclose 1
role server
# The application closes while a message with its length in a long form arrives; invalid octets follow.
> text "a" form=16 claim=4
app close 1000
> octets 6263 64
> octets 6263 64
