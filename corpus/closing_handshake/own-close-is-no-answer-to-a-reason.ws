wsclose 1
role client
# A Close that the application asks for while the peer's broken one is still coming is no answer to it.
> close 1000 hex:80 claim=4
app close 1000
> continuation
