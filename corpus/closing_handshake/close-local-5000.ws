wsclose 1
role server
# The application closes with 5000, which must not be sent.
app close 5000
wait 16
> close 5000
> fin
