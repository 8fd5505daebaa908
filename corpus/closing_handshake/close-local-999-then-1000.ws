wsclose 1
role server
# The application closes with 999, which must not be sent, and then with 1000.
app close 999
app close 1000
> close 1000
> fin
