wsclose 1
role server
# 2000 is assigned to nothing.
app close 2000
wait 16
> fin
