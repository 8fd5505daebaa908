wsclose 1
role server
# 999 may not be sent.
app close 999
wait 16
> fin
