wsclose 1
role server
# The second connection has the same steps at other times, so it is no repetition of the first.
app close 1000
wait 16
connect
wait 16
app close 1000
