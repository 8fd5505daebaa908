wsclose 1
role server
# Of a reason of 125 octets, 123 fit the frame that wtx says it writes; the rest looks like another frame.
app close 1000 "x" * 125
