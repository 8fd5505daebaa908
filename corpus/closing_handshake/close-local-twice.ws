wsclose 1
role server
# The application closes twice; the endpoint sends one Close.
app close 1000 "a"
app close 1001 "b"
> close 1000
> fin
