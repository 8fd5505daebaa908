wsclose 1
role server
# The application closes with 1005, which must not be sent.
app close 1005 "nothing"
wait 16
> fin
