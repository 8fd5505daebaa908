wsclose 1
role server
# The application closes with 1006, and with 1015, which must not be sent.
app close 1006
wait 16
> fin
connect
app close 1015
wait 16
> fin
