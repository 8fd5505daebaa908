wsclose 1
role server
# The peer's reply claims 126 octets.
app close 1000
> close 3333 claim=126
wait 2
> fin
