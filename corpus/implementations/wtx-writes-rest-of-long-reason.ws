wsclose 1
role server
# wtx sends a reason of 125 octets in a Close with room for 123; the rest looks like another frame.
app close 1000 "x" * 125
