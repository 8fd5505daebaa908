wsclose 1
role server
# 1004 has no meaning to send it with.
app close 1004
wait 16
> fin
