wsclose 1
role server
# wtx sends what follows the first 123 octets of a reason as frames, here a Close with a code that no endpoint may send.
app close 1000 "H\u{2}~~xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" * 4
