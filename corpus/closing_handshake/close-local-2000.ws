wsclose 1
role server
# The application closes with 2000, which is unassigned.
app close 2000
wait 16
> fin
