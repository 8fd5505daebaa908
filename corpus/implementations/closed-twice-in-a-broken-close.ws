wsclose 1
role client
# The application closes twice while a flawed Close arrives; a third Close is the endpoint's own reaction.
app close 3000
> octets 98
app close 3001
> close 1000 mask=wrong
