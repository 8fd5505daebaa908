wsclose 1
role server
# The peer's reply has a body of one octet.
app close 1000
> close hex:03
> fin
