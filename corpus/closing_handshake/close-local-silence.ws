wsclose 1
role server
# The peer never answers: the endpoint gives up.
app close 1000
wait 32
