wsclose 1
role server
# The application closes a connection after the peer vanished.
> gone 1
app send text "late"
app close 1000 "bye"
> reset
