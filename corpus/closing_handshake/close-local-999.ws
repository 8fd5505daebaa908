wsclose 1
role server
# The application closes with 999, which must not be sent.
app close 999
wait 16
> fin
