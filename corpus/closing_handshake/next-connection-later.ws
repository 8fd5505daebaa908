wsclose 1
role server
# The same steps, but for when they come: that is not the same connection again.
app close 1000
wait 16
connect
wait 16
app close 1000
