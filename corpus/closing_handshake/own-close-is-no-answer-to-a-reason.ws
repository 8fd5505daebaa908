wsclose 1
role client
# The application closes while a flawed Close is arriving; the endpoint's Close is no reply to it.
> close 1000 hex:80 claim=4
app close 1000
> continuation
