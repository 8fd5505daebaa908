wsclose 1
role server
# The application of a server closes with 1010, which is for clients.
app close 1010 "ext"
wait 16
> fin
