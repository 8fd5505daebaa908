wsclose 1
role server
# 1005 may not be sent.
app close 1005 "nothing"
wait 16
> fin
