wsclose 1
role client
# The application closes twice while a broken Close comes: what an endpoint says then of its own is its first word.
app close 3000
> octets 98
app close 3001
> close 1000 mask=wrong
