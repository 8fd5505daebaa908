wsclose 1
role server
# The peer never replies, so the endpoint times out.
app close 1000
wait 32
