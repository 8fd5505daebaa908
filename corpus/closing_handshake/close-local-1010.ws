wsclose 1
role server
# 1010 is for clients.
app close 1010 "ext"
wait 16
> fin
