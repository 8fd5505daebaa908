wsclose 1
role server
# wtx sends what follows the first 123 octets of a reason as frames, here ones that must not be sent.
app close 1000 "\u{8}\u{1}x\u{1}~\0\u{2}hi\u{8}\u{7f}éabcdefxxxxxxxxxxxxxxxxxxxxxx" * 4
